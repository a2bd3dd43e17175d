package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import org.junit.jupiter.api.Test;

class TokenProjectionTest {

    /** Token 3 is long, and points where token 2 does not. */
    private static final float[] TABLE = {1, 0, 0, 1, 1, 1, -10, 1};

    private static int[] nearest(int[] words, float... embeddings) {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray table = manager.create(TABLE, new Shape(4, 2));
            return new TokenProjection(table, words, manager).nearest(embeddings);
        }
    }

    @Test
    void everyRowGoesToTheTokenOfLeastAngle() {
        assertThat(nearest(new int[] {0, 1, 2, 3}, 5, 0.1f, 0.2f, 0.3f, -1, 0)).containsExactly(0, 2, 3);
    }

    @Test
    void lengthDoesNotCount() {
        assertThat(nearest(new int[] {0, 1, 2, 3}, 0.01f, 0, 0, 1000)).containsExactly(0, 1);
    }

    @Test
    void onlyGivenTokensAreChosen() {
        assertThat(nearest(new int[] {1, 3}, 5, 0.1f)).containsExactly(1);
    }
}
