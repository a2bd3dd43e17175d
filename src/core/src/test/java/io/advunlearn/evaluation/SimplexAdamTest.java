package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import io.advunlearn.tensor.Noise;
import org.junit.jupiter.api.Test;

class SimplexAdamTest {

    private static final Offset<Float> CLOSE = within(1e-6f);

    @Test
    void projectionOfAPointOutside() {
        // (1.2, 0.4, -0.1): threshold (1.2 + 0.4 - 1) / 2 = 0.3
        float[] values = {9, 1.2f, 0.4f, -0.1f, 9};
        SimplexAdam.project(values, 1, 3);
        assertThat(values).usingComparatorWithPrecision(1e-6f).containsExactly(9, 0.9f, 0.1f, 0, 9);
    }

    @Test
    void projectionLeavesPointsOfTheSimplexAlone() {
        float[] values = {0.5f, 0, 0.5f};
        SimplexAdam.project(values, 0, 3);
        assertThat(values).usingComparatorWithPrecision(1e-6f).containsExactly(0.5f, 0, 0.5f);
    }

    @Test
    void projectionOfEqualNegativesIsUniform() {
        float[] values = {-3, -3};
        SimplexAdam.project(values, 0, 2);
        assertThat(values).usingComparatorWithPrecision(1e-6f).containsExactly(0.5f, 0.5f);
    }

    @Test
    void theFirstAdamStepMovesByTheLearningRate() {
        SimplexAdam state = new SimplexAdam(1, 2);
        // gradients 0.5 and -0.5 plus weight decay 0.05: signs +, -; a first Adam step is the sign times 0.01
        state.step(new float[] {7, 0.5f, -0.5f}, 1);
        assertThat(state.probabilities()[0]).isCloseTo(0.49f, CLOSE);
        assertThat(state.probabilities()[1]).isCloseTo(0.51f, CLOSE);
        assertThat(state.best()).containsExactly(1);
    }

    @Test
    void gradientsAreClippedToOne() {
        SimplexAdam state = new SimplexAdam(1, 2);
        state.step(new float[] {1000, -1000}, 0);
        // mean = 0.1 * (clipped gradient + 0.1 * 0.5)
        assertThat(state.mean()[0]).isCloseTo(0.105f, CLOSE);
        assertThat(state.mean()[1]).isCloseTo(-0.095f, CLOSE);
    }

    @Test
    void samplesFollowTheDistribution() {
        SimplexAdam state = new SimplexAdam(1, 3, new float[] {0, 0.25f, 0.75f}, new float[3], new float[3], 0);
        Noise noise = new Noise(1);
        int[] counts = new int[3];
        for (int i = 0; i < 4000; i++) {
            counts[state.sample(noise)[0]]++;
        }
        assertThat(counts[0]).isZero();
        // standard deviation 27
        assertThat(counts[1]).isBetween(880, 1120);
    }
}
