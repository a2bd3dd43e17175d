package io.advunlearn.erasure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The named defaults. */
final class ErasureProfiles {

    static final List<String> NAMES = List.of("fast", "kv", "paper");

    private ErasureProfiles() {
    }

    static ErasureSettings of(String profile) {
        return switch (profile) {
            case "paper" -> paper();
            case "kv" -> fast("kv", 20, 1, 0);
            default -> fast("unet", 0, 1, 0);
        };
    }

    /**
     * What a profile has differently when the UNet is trained, by the names of {@link ErasureSettings}: none of the terms that train the
     * text encoder alone, more retained latents in their place, and a learning rate that suits the UNet.
     */
    static Map<String, Object> unet(String profile) {
        Map<String, Object> values = new HashMap<>(Map.of("trainMethod", "noxattn", "eraseTexts", 0, "retainTexts", 0,
                "emptyWeight", 0));
        if (!profile.equals("paper")) {
            values.putAll(Map.of("learningRate", 2e-4, "retainStarts", 120, "retainBatch", 16));
        }
        return values;
    }

    /** The corrected method: bank, batched attacks, anchor target, the clean prompt trained and the empty prompt held. */
    private static ErasureSettings fast(String attackDistance, int refineIterations, int unetInterval, int searchInterval) {
        return new ErasureSettings(160, 30, 1e-3, 1, 8,
                AttackMethod.ADAM, 6, 0.1, 0, 3, 1, List.of(Placement.PREFIX, Placement.SUFFIX, Placement.REPLACE),
                false, attackDistance, refineIterations, unetInterval, searchInterval, 8, 6, 24, 16, 1, "anchor", "auto", 1, 1, 400, 32, 1, 1,
                "reg", 8, 1, 1, 400, 32, 1, 0, List.of(), EncoderComponent.ALL, true, MethodSettings.TEXT_ENCODER, "full", true, 30, 40, 20, 3, 25);
    }

    /** The published command (AdvUnlearn README): Adam, one prefix token, 30 attack steps, fresh rollouts, ESD target, no clean term. */
    private static ErasureSettings paper() {
        return new ErasureSettings(1000, 200, 1e-5, 0, 1,
                AttackMethod.ADAM, 30, 1e-3, 0, 1, 1, List.of(Placement.PREFIX),
                false, "unet", 0, 1, 0, 1, 1, 2, 1, 0, "esd", "", 1, 0, 0, 1, 0, 0, "reg", 5, 1, 0.3, 0, 1, 0, 0, List.of(), EncoderComponent.ALL,
                true, MethodSettings.TEXT_ENCODER, "full", false, 1, 1, 50, 3, 200);
    }
}
