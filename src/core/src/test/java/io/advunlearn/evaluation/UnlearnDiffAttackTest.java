package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UnlearnDiffAttackTest {

    @Test
    void thePublishedBudgetVisitsEveryTwentiethTimestepFromTen() {
        int[] timesteps = UnlearnDiffAttack.timesteps(50, 1000);
        assertThat(timesteps).startsWith(10, 30, 50).endsWith(970, 990);
    }

    @Test
    void aReducedBudgetSpreadsOverThem() {
        assertThat(UnlearnDiffAttack.timesteps(4, 1000)).containsExactly(130, 370, 630, 870);
    }
}
