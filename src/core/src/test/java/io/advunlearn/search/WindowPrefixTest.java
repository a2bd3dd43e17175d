package io.advunlearn.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import org.junit.jupiter.api.Test;

class WindowPrefixTest {

    @Test
    void theFewPaddingPositionsStandForAll() {
        // Tokens 0 to 3 with the end at 3; of 20 - 4 = 16 padding positions the first 6 stand for 16 / 6 each.
        WindowPrefix prefix = WindowPrefix.of(new int[] {3}, 20);

        assertThat(prefix.length()).isEqualTo(10);
        assertThat(prefix.counts()[0]).startsWith(1, 1, 1, 1).endsWith(16f / 6, 16f / 6);
    }

    @Test
    void everyRowStandsForTheWholeWindow() {
        WindowPrefix prefix = WindowPrefix.of(new int[] {3, 7, 12}, 20);

        assertThat(prefix.length()).isEqualTo(19);
        for (float[] row : prefix.counts()) {
            float sum = 0;
            for (float count : row) {
                sum += count;
            }
            assertThat(sum).isCloseTo(20, within(1e-4f));
        }
    }

    @Test
    void aPromptThatFillsTheWindowIsTakenWhole() {
        assertThat(WindowPrefix.of(new int[] {19}, 20).counts()).isEqualTo(WindowPrefix.whole(20).counts());
    }

    @Test
    void weightsAreAMeanOverPositions() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray weights = WindowPrefix.of(new int[] {1, 5}, 16).weights(manager);

            assertThat(weights.getShape()).isEqualTo(new Shape(2, 12));
            assertThat(weights.sum(new int[] {1}).toFloatArray()).containsExactly(new float[] {1, 1}, within(1e-6f));
        }
    }
}
