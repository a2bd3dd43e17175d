package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErasureCostTest {

    private static ErasureCost cost(String profile, Map<String, Object> overrides) {
        return ErasureCost.of(ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", profile, 1, overrides)));
    }

    @Test
    void publishedScheduleByHand() {
        // 24,000 attack steps and 1,000 outer steps on one latent, 1,000 retain steps on five; a rollout has 24.5 guided steps.
        double rollout = 2 * 24.5;
        double forward = 24_000 * (rollout + 2 + 1) + 1000 * (rollout + 2 + 1) + 1000 * 5 * (rollout + 1 + 1);
        ErasureCost cost = cost("paper", Map.of());
        assertThat(cost.bankForward()).isZero();
        assertThat(cost.forward()).isEqualTo(Math.round(forward));
        assertThat(cost.backward()).isEqualTo(24_000 + 1000 + 5000);
    }

    @Test
    void bankIsCountedAndAttackOnKeysAndValuesIsFree() {
        Map<String, Object> small = Map.of("iterations", 10, "warmupIterations", 4, "eraseBatch", 2, "attackSteps", 3, "retainBatch", 5,
                "bankStarts", 20, "retainStarts", 10, "bankSteps", 25, "refineIterations", 2);
        Map<String, Object> rare = new HashMap<>(small);
        rare.put("unetInterval", 4);
        rare.put("attackInterval", 1);
        long bank = 20 * 25 * 4 + 10 * 25 * 3;
        long outer = 4 * 2 + 6 * 4 + 10 * 5;
        assertThat(cost("fast", small).bankForward()).isEqualTo(bank);
        assertThat(cost("fast", small).forward()).isEqualTo(bank + outer + 6 * 3 * 2);
        // Four images show what the cross-attention layers ask. Every fourth step and the last two run the UNet: 0, 4, 8 and 9.
        long some = 2 + 3 * 4 + 4 * 5;
        assertThat(cost("kv", rare).forward()).isEqualTo(bank + 4 + some + 2 * 3 * 2);
        assertThat(cost("kv", rare).backward()).isEqualTo(some + 2 * 3 * 2);
    }

    @Test
    void bankCutsThePublishedScheduleTenfold() {
        Map<String, Object> same = Map.of("bank", true, "bankStarts", 20, "retainStarts", 20, "bankSteps", 50);
        assertThat(cost("paper", Map.of()).forward()).isGreaterThan(10 * cost("paper", same).forward());
    }

    @Test
    void restartsAreAttackedTogetherAndComparedOnceAndFreeAttacksCostNothing() {
        Map<String, Object> small = Map.of("iterations", 10, "warmupIterations", 4, "eraseBatch", 2, "attackSteps", 3, "retainBatch", 5,
                "bankStarts", 20, "retainStarts", 10, "bankSteps", 25);
        long bank = 20 * 25 * 4 + 10 * 25 * 3;
        long outer = 4 * 2 + 6 * 4 + 10 * 5;
        Map<String, Object> restarts = new HashMap<>(small);
        restarts.put("attackRestarts", 4);
        assertThat(cost("fast", restarts).forward()).isEqualTo(bank + outer + 6 * (3 + 1) * 2 * 4);
        assertThat(cost("fast", restarts).backward()).isEqualTo(outer + 6 * 3 * 2 * 4);
        Map<String, Object> free = new HashMap<>(small);
        free.put("attackMethod", "free_at");
        assertThat(cost("fast", free).forward()).isEqualTo(bank + outer);
        assertThat(cost("fast", free).backward()).isEqualTo(outer);
    }
}
