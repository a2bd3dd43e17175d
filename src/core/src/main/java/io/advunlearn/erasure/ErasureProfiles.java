package io.advunlearn.erasure;

import java.util.List;

/** The named defaults. */
final class ErasureProfiles {

    static final List<String> NAMES = List.of("fast", "kv", "paper");

    private ErasureProfiles() {
    }

    static ErasureSettings of(String profile) {
        return switch (profile) {
            case "paper" -> paper();
            case "kv" -> fast("kv", 20);
            default -> fast("unet", 0);
        };
    }

    /** The corrected method: bank, batched attacks, anchor target, the clean prompt trained and the empty prompt held. */
    private static ErasureSettings fast(String attackDistance, int refineIterations) {
        return new ErasureSettings(160, 30, 1e-3, 1, 8,
                AttackMethod.ADAM, 6, 0.1, 0, 3, 1, List.of(Placement.PREFIX, Placement.SUFFIX, Placement.REPLACE),
                false, attackDistance, refineIterations, "anchor", "auto", 1, 1, 400, 32, 1, 1, "reg", 8, 1, 1, 400, 32, 1, List.of(), true,
                true, 30, 40, 20, 3, 25);
    }

    /** The published command (AdvUnlearn README): Adam, one prefix token, 30 attack steps, fresh rollouts, ESD target, no clean term. */
    private static ErasureSettings paper() {
        return new ErasureSettings(1000, 200, 1e-5, 0, 1,
                AttackMethod.ADAM, 30, 1e-3, 0, 1, 1, List.of(Placement.PREFIX),
                false, "unet", 0, "esd", "", 1, 0, 0, 1, 0, 0, "reg", 5, 1, 0.3, 0, 1, 0, List.of(), true,
                false, 1, 1, 50, 3, 200);
    }
}
