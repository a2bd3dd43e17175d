package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;

/** Of two kernels that sum in different orders. */
final class ArrayAssert {

    private ArrayAssert() {
    }

    /** To 1e-5 of the largest number. */
    static void assertSame(NDArray actual, NDArray expected) {
        assertThat(actual.getShape()).isEqualTo(expected.getShape());
        float scale = expected.abs().max().getFloat();
        assertThat(Tensors.floats(actual.sub(expected).abs().max())[0] / scale).isCloseTo(0, within(1e-5f));
    }
}
