package io.advunlearn.erasure;

import static io.advunlearn.erasure.SettingsRules.oneOf;
import static io.advunlearn.erasure.SettingsRules.positive;
import static io.advunlearn.erasure.SettingsRules.range;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every setting of {@link AdvUnlearn} and {@link Esd}.
 *
 * @param iterations outer optimiser steps, 1 to 100,000
 * @param warmupIterations outer steps without an attack, 0 to {@code iterations}
 * @param learningRate of the outer Adam
 * @param finalRate share of {@code learningRate} that the last step has, reached in a line behind the warm-up; 1 for a constant rate
 * @param gradientClip bound of the outer gradient's norm, 0 for none
 * @param eraseBatch latents an outer step erases on, each with its own adversarial prompt
 * @param attackMethod how the attack moves
 * @param attackSpace where the attack acts
 * @param attackSteps attack updates an outer step, 0 for no attack; one update is made with {@code fast_at}; outer steps a round is replayed with
 *     {@code free_at}
 * @param attackLearningRate Adam's rate, or the size of a sign step
 * @param attackRadius L-infinity bound of the adversarial values around their start, in the condition space around the encoder's output; 0 for none
 * @param attackRestarts starts each prompt is attacked from, 1 to 64, in one batch; the result with the lowest attack loss is trained on
 * @param attackTokens k, the adversarial token slots, 1 to 75; with the concept they must fit the tokenizer's window
 * @param attackInterval outer steps between two attacks; the prompts found are used until the next
 * @param placements drawn from, one an item; empty in the condition space
 * @param latestStart whether an attack starts from the last one's result instead of random tokens
 * @param attackDistance {@code unet}: the UNet's prediction; {@code kv}: the distance of the keys and values, no UNet; by position and by the answers of
 *     the cross-attention layers in turn
 * @param refineIterations last outer steps that use the UNet although {@code attackDistance} is {@code kv} and {@code unetInterval} above 1
 * @param unetInterval outer steps between two that run the UNet; the others train texts and attacked prompts in the K/V metric alone
 * @param searchInterval outer steps after the warm-up between two searches for texts of real tokens, 0 for none
 * @param searchPrompts texts of one search
 * @param searchSteps tokens exchanged in each of them
 * @param searchCandidates tokens tried exactly for each exchange, those that the gradient ranks best
 * @param searchTextBatch how many of the texts found an outer step looks at
 * @param searchTextWeight weight of that term
 * @param target {@code anchor}: the frozen model's prediction for the anchor; {@code esd}: negative guidance
 * @param anchor what the concept becomes; {@code auto}: the catalogue's nearest class of the same kind; empty: the concept is left out
 * @param negativeGuidance eta of the ESD target
 * @param cleanWeight weight of the erase loss on the unattacked concept prompts once the attack runs
 * @param eraseTexts concept prompts that are led to their anchors' keys and values without the UNet, 0 for none
 * @param eraseTextBatch how many of them an outer step looks at
 * @param eraseTextWeight weight of that term
 * @param emptyWeight weight that holds the empty prompt still
 * @param retainMode {@code reg}: one step on the weighted sum; {@code iter}: separate steps on the retain loss alone
 * @param retainBatch latents a retain step
 * @param retainSteps extra steps of mode {@code iter}
 * @param retainWeight weight of the retain loss of mode {@code reg}
 * @param retainTexts retained prompts whose keys and values are held without the UNet, 0 for none
 * @param retainTextBatch how many of them a retain step looks at
 * @param retainTextWeight weight of that term
 * @param retainStateWeight weight, within that term, of the encoder's states themselves beside the keys and values this UNet makes of them
 * @param retainDistance classes and listed prompts that are nearer to a concept than this are not retained, in units of the concept's distance from the
 *     empty prompt; 0 for no look at distances
 * @param layers indices of the trained transformer layers, empty for all
 * @param component the part of those layers that is trained
 * @param trainFinalNorm whether the final layer norm is trained too
 * @param module {@code text_encoder}, or {@code unet}: the UNet is trained and the text encoder frozen
 * @param trainMethod which parameters of the UNet are trained, see {@link UnetParameters}; {@code full} for the text encoder
 * @param bank whether latents come from a bank sampled once; otherwise every draw is a fresh partial rollout
 * @param bankStarts start noises of the concept's bank, each kept at every denoising step
 * @param retainStarts start noises of the retain bank
 * @param bankSteps denoising steps of a rollout
 * @param startGuidance guidance scale of the rollouts
 * @param checkpointing whether the way back through the frozen UNet computes its activations again instead of holding them: less memory, a second
 *     forward pass
 * @param checkpointInterval outer steps between checkpoints
 * @param stopWindow attacked steps in each of two windows whose mean attack and retain losses must agree for training to stop before its last step;
 *     0 to never stop early
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ErasureSettings(int iterations, int warmupIterations, double learningRate, double finalRate, double gradientClip, int eraseBatch,
        AttackMethod attackMethod, AttackSpace attackSpace, int attackSteps, double attackLearningRate, double attackRadius, int attackRestarts,
        int attackTokens, int attackInterval, List<Placement> placements, boolean latestStart, String attackDistance, int refineIterations,
        int unetInterval, int searchInterval, int searchPrompts, int searchSteps, int searchCandidates, int searchTextBatch,
        double searchTextWeight, String target, String anchor, double negativeGuidance, double cleanWeight, int eraseTexts, int eraseTextBatch,
        double eraseTextWeight, double emptyWeight, String retainMode,
        int retainBatch, int retainSteps, double retainWeight, int retainTexts, int retainTextBatch,
        double retainTextWeight, double retainStateWeight, double retainDistance, List<Integer> layers, EncoderComponent component, boolean trainFinalNorm, String module,
        String trainMethod, boolean bank,
        int bankStarts, int retainStarts, int bankSteps, double startGuidance, boolean checkpointing, int checkpointInterval, int stopWindow) implements MethodSettings {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureSettings {
        placements = List.copyOf(placements);
        layers = List.copyOf(layers);
        range("iterations", iterations, 1, 100_000);
        range("warmupIterations", warmupIterations, 0, iterations);
        positive("learningRate", learningRate);
        range("finalRate", finalRate, 0, 1);
        range("gradientClip", gradientClip, 0, 1e6);
        range("eraseBatch", eraseBatch, 1, 256);
        range("attackSteps", attackSteps, 0, 1000);
        positive("attackLearningRate", attackLearningRate);
        range("attackRadius", attackRadius, 0, 1e6);
        range("attackRestarts", attackRestarts, 1, 64);
        range("attackTokens", attackTokens, 1, 75);
        range("attackInterval", attackInterval, 1, 100_000);
        requirePlacements(attackSpace, placements);
        oneOf("attackDistance", attackDistance, "unet", "kv");
        range("refineIterations", refineIterations, 0, iterations);
        range("unetInterval", unetInterval, 1, 100_000);
        range("searchInterval", searchInterval, 0, 100_000);
        range("searchPrompts", searchPrompts, 1, 256);
        range("searchSteps", searchSteps, 1, 1000);
        range("searchCandidates", searchCandidates, 2, 100_000);
        range("searchTextBatch", searchTextBatch, 1, 1024);
        range("searchTextWeight", searchTextWeight, 0, 1000);
        if (attackMethod == AttackMethod.FREE_AT && attackSteps > 0) {
            requireFreeSettings(attackInterval, attackRestarts, attackDistance, unetInterval);
        }
        oneOf("target", target, "anchor", "esd");
        if (anchor == null || anchor.length() > 200) {
            throw new IllegalArgumentException("anchor must be at most 200 characters");
        }
        range("negativeGuidance", negativeGuidance, 0, 20);
        range("cleanWeight", cleanWeight, 0, 1000);
        range("eraseTexts", eraseTexts, 0, 100_000);
        range("eraseTextBatch", eraseTextBatch, 1, 1024);
        range("eraseTextWeight", eraseTextWeight, 0, 1000);
        range("emptyWeight", emptyWeight, 0, 1000);
        oneOf("retainMode", retainMode, "reg", "iter");
        range("retainBatch", retainBatch, 1, 256);
        range("retainSteps", retainSteps, 1, 100);
        range("retainWeight", retainWeight, 0, 1000);
        range("retainTexts", retainTexts, 0, 100_000);
        range("retainTextBatch", retainTextBatch, 1, 1024);
        range("retainTextWeight", retainTextWeight, 0, 1000);
        range("retainStateWeight", retainStateWeight, 0, 1000);
        range("retainDistance", retainDistance, 0, 10);
        oneOf("module", module, TEXT_ENCODER, UNET);
        oneOf("trainMethod", trainMethod, UnetParameters.METHODS.toArray(String[]::new));
        if (module.equals(UNET)) {
            requireUnetSettings(attackDistance, eraseTexts, retainTexts, emptyWeight, layers, component);
        } else if (!trainMethod.equals("full")) {
            throw new IllegalArgumentException("trainMethod chooses parameters of the UNet: with module text_encoder it must be full; use layers");
        }
        if (unetInterval > 1 && (eraseTexts == 0 || retainTexts == 0)) {
            throw new IllegalArgumentException("unetInterval must be 1 unless eraseTexts and retainTexts are above 0: a step without the UNet trains texts alone");
        }
        if (unetInterval > 1 && attackMethod == AttackMethod.FREE_AT) {
            throw new IllegalArgumentException("unetInterval must be 1 with attackMethod free_at: its prompts move by the backward pass through the UNet");
        }
        if (searchInterval > 0 && module.equals(UNET)) {
            throw new IllegalArgumentException("searchInterval must be 0 when module is unet: the texts found train the text encoder");
        }
        if (checkpointing && module.equals(UNET)) {
            throw new IllegalArgumentException("checkpointing must be false when module is unet: it gives the UNet's weights no gradients");
        }
        range("bankStarts", bankStarts, 1, 10_000);
        range("retainStarts", retainStarts, 1, 10_000);
        range("bankSteps", bankSteps, 2, 1000);
        range("startGuidance", startGuidance, 1, 20);
        range("checkpointInterval", checkpointInterval, 1, 100_000);
        range("stopWindow", stopWindow, 0, 100_000);
    }

    private static void requirePlacements(AttackSpace space, List<Placement> placements) {
        if (space == AttackSpace.WORD && placements.isEmpty()) {
            throw new IllegalArgumentException("placements must name at least one of "
                    + Arrays.stream(Placement.values()).map(p -> p.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
        }
        if (space == AttackSpace.CONDITION && !placements.isEmpty()) {
            throw new IllegalArgumentException("placements must be empty when attackSpace is condition: behind the encoder there are no token slots");
        }
    }

    /** Free AT has no inner loop that could be run from several starts, less often, or against another distance. */
    private static void requireFreeSettings(int attackInterval, int attackRestarts, String attackDistance, int unetInterval) {
        if (attackInterval != 1 || attackRestarts != 1 || unetInterval != 1 || !attackDistance.equals(UNET)) {
            throw new IllegalArgumentException("attackInterval, attackRestarts and unetInterval must be 1 and attackDistance unet when attackMethod is free_at: "
                    + "a round is replayed for attackSteps outer steps, and the erase loss moves it");
        }
    }

    /** What is computed from the text alone does not change when the UNet is trained, so it can neither attack nor train it. */
    private static void requireUnetSettings(String attackDistance, int eraseTexts, int retainTexts, double emptyWeight, List<Integer> layers,
            EncoderComponent component) {
        if (!attackDistance.equals(UNET)) {
            throw new IllegalArgumentException("attackDistance must be unet when module is unet: the text encoder that a kv attack looks at is frozen");
        }
        if (eraseTexts > 0 || retainTexts > 0 || emptyWeight > 0) {
            throw new IllegalArgumentException("eraseTexts, retainTexts and emptyWeight train the text encoder: with module unet they must be 0");
        }
        if (!layers.isEmpty() || component != EncoderComponent.ALL) {
            throw new IllegalArgumentException(
                    "layers and component choose weights of the text encoder: with module unet they must be empty and all; use trainMethod");
        }
    }

    /** Outer steps that use one round of adversarial prompts. */
    int roundLength() {
        return attackMethod == AttackMethod.FREE_AT ? attackSteps : attackInterval;
    }

    /** Share of the learning rate in an outer step. */
    double rateShare(int iteration) {
        int trained = iteration - warmupIterations;
        return trained <= 0 ? 1 : 1 - (1 - finalRate) * trained / (iterations - warmupIterations);
    }

    /** Whether an outer step runs the UNet: the first of every interval and all of the refinement. */
    boolean usesUnet(int iteration) {
        return iteration % unetInterval == 0 || refines(iteration);
    }

    /** Whether the attack of an outer step runs the UNet. */
    boolean attacksByUnet(int iteration) {
        return attackDistance.equals(UNET) || refines(iteration);
    }

    private boolean refines(int iteration) {
        return iteration >= iterations - refineIterations;
    }

    /** Whether the cross-attention's answers are looked at. */
    boolean needsAnswers() {
        return attackDistance.equals("kv") && attackSteps > 0 || searchInterval > 0 || unetInterval > 1;
    }

    /** Whether the UNet is trained instead of the text encoder. */
    boolean trainsUnet() {
        return module.equals(UNET);
    }

    /**
     * A profile's settings with the request's overrides.
     *
     * @throws IllegalArgumentException naming the field and what is accepted
     */
    public static ErasureSettings resolve(ErasureRequest request) {
        ErasureSettings defaults = ErasureProfiles.of(request.profile());
        Map<String, Object> values = new LinkedHashMap<>();
        if (UNET.equals(request.settings().get("module"))) {
            values.putAll(ErasureProfiles.unet(request.profile()));
        }
        if (String.valueOf(AttackSpace.CONDITION).equalsIgnoreCase(String.valueOf(request.settings().get("attackSpace")))) {
            values.put("placements", List.of());
        }
        Object iterations = request.settings().get("iterations");
        if (iterations instanceof Number count) {
            // A shorter run keeps the profile's shares; explicit values below win.
            double share = count.doubleValue() / defaults.iterations;
            values.put("warmupIterations", Math.round(share * defaults.warmupIterations));
            values.put("refineIterations", Math.round(share * defaults.refineIterations));
        }
        values.putAll(request.settings());
        return SettingsJson.with(defaults, values);
    }
}
