package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Values worked out by hand or from the definitions; the networks' tests compare the kernels with PyTorch's own. */
class AtenTest {

    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(Shape shape, float... values) {
        return Tensors.of(manager, values, shape);
    }

    @Test
    void activations() {
        NDArray x = array(new Shape(3), -1, 0, 2);
        // x / (1 + e^-x), x Phi(x), x / (1 + e^-1.702x)
        assertThat(Aten.silu(x).toFloatArray()).containsExactly(new float[] {-0.26894142f, 0, 1.7615942f}, within(1e-6f));
        assertThat(Aten.gelu(x).toFloatArray()).containsExactly(new float[] {-0.15865525f, 0, 1.9544997f}, within(1e-6f));
        assertThat(Aten.quickGelu(x).toFloatArray()).containsExactly(new float[] {-0.15420423f, 0, 1.9356f}, within(1e-4f));
        assertThat(Aten.geglu(array(new Shape(1, 4), 3, 5, -1, 2)).toFloatArray()).containsExactly(new float[] {-0.47596577f, 9.7724987f}, within(1e-5f));
    }

    @Test
    void causalAttentionNeverLooksAhead() {
        NDArray q = array(new Shape(1, 1, 2, 1), 1, 1);
        NDArray v = array(new Shape(1, 1, 2, 1), 10, 20);
        assertThat(Aten.scaledDotProductAttention(q, q, v, true).toFloatArray()).containsExactly(new float[] {10, 15}, within(1e-5f));
        assertThat(Aten.scaledDotProductAttention(q, q, v, false).toFloatArray()).containsExactly(new float[] {15, 15}, within(1e-5f));
    }

    @Test
    void packedHeadsGiveWhatSeparateHeadsGive() {
        NDArray q = array(new Shape(2, 3, 4), new Noise(1).normal(24));
        NDArray k = array(new Shape(2, 5, 4), new Noise(2).normal(40));
        NDArray v = array(new Shape(2, 5, 4), new Noise(3).normal(40));
        NDArray separate = Aten.scaledDotProductAttention(heads(q), heads(k), heads(v), false).transpose(0, 2, 1, 3).reshape(2, 3, 4);
        assertThat(Aten.multiHeadAttention(q, k, v, 2, false).toFloatArray()).containsExactly(separate.toFloatArray(), within(1e-6f));
    }

    private static NDArray heads(NDArray x) {
        return x.reshape(x.getShape().get(0), x.getShape().get(1), 2, 2).transpose(0, 2, 1, 3);
    }

    @Test
    void norms() {
        NDArray x = array(new Shape(1, 2, 2), 1, 3, 10, 30);
        NDArray ones = array(new Shape(2), 1, 1);
        NDArray zeros = array(new Shape(2), 0, 0);
        assertThat(Aten.layerNorm(x, ones, zeros, 0).toFloatArray()).containsExactly(new float[] {-1, 1, -1, 1}, within(1e-5f));
        assertThat(Aten.groupNorm(x, 2, ones, zeros, 0).toFloatArray()).containsExactly(new float[] {-1, 1, -1, 1}, within(1e-5f));
        // one group: mean 11, variance 131.5
        float s = (float) Math.sqrt(131.5);
        assertThat(Aten.groupNorm(x, 1, ones, zeros, 0).toFloatArray()).containsExactly(new float[] {-10 / s, -8 / s, -1 / s, 19 / s}, within(1e-5f));
    }

    @Test
    void upSamplingRepeatsTheNearestPixel() {
        NDArray x = array(new Shape(1, 1, 1, 2), 1, 2);
        assertThat(Aten.upsampleNearest2x(x).toFloatArray()).containsExactly(1, 1, 2, 2, 1, 1, 2, 2);
        assertThat(Aten.upsampleNearest(x, 1, 3).toFloatArray()).containsExactly(1, 1, 2);
    }

    @Test
    void resultsBelongToTheFirstArgument() {
        try (NDManager step = manager.newSubManager()) {
            NDArray x = Tensors.of(step, new float[8], new Shape(1, 2, 4));
            NDArray two = array(new Shape(2), 1, 1);
            NDArray four = array(new Shape(4), 1, 1, 1, 1);
            assertThat(Aten.groupNorm(x, 1, two, two, 1e-5).getManager()).isSameAs(step);
            assertThat(Aten.layerNorm(x, four, four, 1e-5).getManager()).isSameAs(step);
            assertThat(Aten.multiHeadAttention(x, x, x, 2, true).getManager()).isSameAs(step);
            assertThat(Aten.silu(x).getManager()).isSameAs(step);
        }
    }
}
