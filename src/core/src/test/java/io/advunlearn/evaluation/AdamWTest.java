package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** By hand: the first Adam step is the rate times the gradient's sign; decay takes rate times decay of the value itself. */
class AdamWTest {

    @Test
    void theFirstStepIsTheRateAgainstTheGradientsSign() {
        float[] values = {1, 1};
        new AdamW(values, 0.1, 0).step(new float[] {5, -0.01f});
        assertThat(values[0]).isCloseTo(0.9f, within(1e-6f));
        assertThat(values[1]).isCloseTo(1.1f, within(1e-5f));
    }

    @Test
    void decayIsDecoupledFromTheGradient() {
        float[] values = {2};
        new AdamW(values, 0.1, 0.5).step(new float[] {0});
        assertThat(values[0]).isCloseTo(1.9f, within(1e-6f));
    }

    @Test
    void theSecondStepUsesBothMoments() {
        float[] values = {0};
        AdamW adam = new AdamW(values, 0.1, 0);
        adam.step(new float[] {1});
        adam.step(new float[] {-1});
        // mean 0.9 * 0.1 - 0.1 = -0.01, over 1 - 0.9^2 = 0.19; square 0.001999, over 1 - 0.999^2 = 0.001999: root 1
        assertThat(values[0]).isCloseTo((float) (-0.1 + 0.1 * 0.01 / 0.19), within(1e-5f));
    }
}
