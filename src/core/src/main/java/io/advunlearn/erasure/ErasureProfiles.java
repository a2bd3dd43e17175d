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
        return new ErasureSettings(160, 30, 1e-3, 1, 8,
                AttackMethod.ADAM, AttackSpace.WORD, 6, 0.1, 0, 1, 3, 1, List.of(Placement.PREFIX, Placement.SUFFIX, Placement.REPLACE),
                false, "unet", 0, 1, 0, 4, 12, 32, 16, 1, "anchor", "auto", 1, 1, 400, 32, 1, 1,
                "reg", 8, 1, 1, 400, 32, 1, 0, List.of(), EncoderComponent.ALL, true, MethodSettings.TEXT_ENCODER, "full", true, 30, 40, 20, 3, 25);
    }

    /**
     * As {@code fast}, with the UNet in every fourth step and the last twenty only: attacks in the K/V metric that go on from the last ones, and
     * texts of real tokens searched while the encoder is trained. Those pull at retained prompts too, which are held the more firmly.
     */
    private static ErasureSettings kv() {
        return SettingsJson.with(fast(), Map.of("attackDistance", "kv", "latestStart", true, "refineIterations", 20, "unetInterval", 4,
                "searchInterval", 3, "retainTextBatch", 64, "retainTextWeight", 3));
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
                entry("iterations", 1000), entry("warmupIterations", 200), entry("learningRate", 1e-5), entry("gradientClip", 0),
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
                entry("eraseTexts", 0), entry("retainTexts", 0), entry("retainDistance", 0), entry("emptyWeight", 0), entry("searchInterval", 0), entry("unetInterval", 1),
                entry("refineIterations", 0), entry("checkpointInterval", 200)));
    }
}
