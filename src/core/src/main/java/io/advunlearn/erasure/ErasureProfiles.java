package io.advunlearn.erasure;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The named defaults. */
final class ErasureProfiles {

    static final List<String> NAMES = List.of("fast", "kv", "paper", "nudity", "style", "object");

    private ErasureProfiles() {
    }

    static ErasureSettings of(String profile) {
        return switch (profile) {
            case "paper", "nudity" -> published(0.3);
            case "style", "object" -> published(0.5);
            case "kv" -> kv();
            default -> fast();
        };
    }

    /**
     * What a profile has differently when the UNet is trained, by the names of {@link ErasureSettings}: none of the terms that train the
     * text encoder alone, more retained latents in their place, and a learning rate that suits the UNet.
     */
    static Map<String, Object> unet(String profile) {
        Map<String, Object> values = new HashMap<>(Map.of("trainMethod", "noxattn", "eraseTexts", 0, "retainTexts", 0,
                "emptyWeight", 0));
        if (profile.equals("fast") || profile.equals("kv")) {
            values.putAll(Map.of("learningRate", 2e-4, "retainStarts", 120, "retainBatch", 16));
        }
        return values;
    }

    /** The corrected method: bank, batched attacks, anchor target, the clean prompt trained and the empty prompt held. */
    private static ErasureSettings fast() {
        return new ErasureSettings(160, 30, 1e-3, 1, 1, 8,
                AttackMethod.ADAM, AttackSpace.WORD, 6, 0.1, 0, 1, 3, 1, List.of(Placement.PREFIX, Placement.SUFFIX, Placement.REPLACE),
                false, "unet", 0, 1, 0, 4, 12, 32, 16, 1, "anchor", "auto", 1, 1, 400, 32, 1, 1,
                "reg", 8, 1, 1, 400, 32, 1, 0, 0, List.of(), EncoderComponent.ALL, true, MethodSettings.TEXT_ENCODER, "full", true, 30, 40, 20, 3, false, 25, 0);
    }

    /**
     * An erasure in seconds: attacks in the K/V metric that go on from the last ones, a search for texts of real tokens now and then, the UNet in every
     * tenth step, small banks and batches, and a rate that falls, because few steps must end where they stay. Retained prompts are held in every
     * direction of the encoder's output: other denoisers read other ones.
     */
    private static ErasureSettings kv() {
        return SettingsJson.with(fast(), Map.ofEntries(
                entry("iterations", 100), entry("warmupIterations", 20), entry("finalRate", 0.1), entry("eraseBatch", 4),
                entry("attackDistance", "kv"), entry("attackSteps", 10), entry("attackInterval", 5), entry("latestStart", true), entry("unetInterval", 10),
                entry("searchInterval", 10), entry("searchSteps", 10), entry("searchCandidates", 8), entry("searchTextBatch", 8),
                entry("eraseTexts", 100), entry("eraseTextBatch", 8),
                entry("retainTexts", 200), entry("retainTextBatch", 16), entry("retainTextWeight", 6), entry("retainStateWeight", 16),
                entry("bankStarts", 8), entry("retainStarts", 12), entry("bankSteps", 10)));
    }

    /**
     * The published settings of AdvUnlearn: the README's command, which erases nudity ({@code paper}, {@code nudity}), and the same with the
     * retain weight that its authors give for a style and for an object (OPTML-Group/AdvUnlearn, issue 7). Where a run differs from the
     * published code although the settings are the same, and why, is listed in this project's README.
     *
     * @param gamma the retain weight
     */
    private static ErasureSettings published(double gamma) {
        return SettingsJson.with(fast(), Map.ofEntries(
                // The outer optimiser: Adam without schedule, clipping or decay; the first fifth without an attack.
                entry("iterations", 1000), entry("warmupIterations", 200), entry("learningRate", 1e-5), entry("finalRate", 1), entry("gradientClip", 0),
                // Every layer of the text encoder and its final norm.
                entry("layers", List.of()), entry("component", EncoderComponent.ALL), entry("trainFinalNorm", true),
                // The attack: one random token before the prompt, 30 steps of Adam at every outer step.
                entry("attackMethod", AttackMethod.ADAM), entry("attackSpace", AttackSpace.WORD), entry("attackSteps", 30),
                entry("attackLearningRate", 1e-3), entry("attackRadius", 0), entry("attackRestarts", 1), entry("attackTokens", 1),
                entry("attackInterval", 1), entry("placements", List.of(Placement.PREFIX)), entry("latestStart", false),
                // The erase loss: ESD's target with eta 1, one latent, the attacked prompt alone.
                entry("eraseBatch", 1), entry("target", "esd"), entry("anchor", ""), entry("negativeGuidance", 1), entry("cleanWeight", 0),
                // The retain loss: five prompts, added with weight gamma.
                entry("retainMode", "reg"), entry("retainBatch", 5), entry("retainWeight", gamma),
                // Latents: a fresh partial rollout of 50 steps with guidance 3 each time.
                entry("bank", false), entry("bankSteps", 50), entry("startGuidance", 3),
                // None of this project's additions.
                entry("eraseTexts", 0), entry("retainTexts", 0), entry("retainStateWeight", 0), entry("retainDistance", 0), entry("emptyWeight", 0), entry("searchInterval", 0), entry("unetInterval", 1),
                entry("refineIterations", 0), entry("checkpointInterval", 200), entry("stopWindow", 0)));
    }
}
