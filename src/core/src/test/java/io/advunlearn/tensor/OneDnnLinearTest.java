package io.advunlearn.tensor;

import static io.advunlearn.tensor.ArrayAssert.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A long product gives the same numbers by either kernel, and always has a way back. */
class OneDnnLinearTest {

    private static final int IN = 768;
    private static final int OUT = 640;

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final NDArray x = normal(2, 77, IN);
    private final NDArray weight = normal(OUT, IN);
    private final NDArray bias = normal(OUT);

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void longProductsAreThoseOfTheMatrix() {
        assertThat(OneDnnLinear.canRead(weight)).as("the bundled engine has oneDNN").isTrue();
        NDArray product = x.reshape(2 * 77, IN).matMul(weight.transpose()).reshape(2, 77, OUT);
        assertSame(Autograd.noGrad(() -> Aten.linear(x, weight, bias)), product.add(bias));
        assertSame(Autograd.noGrad(() -> Aten.linear(x, weight, null)), product);
        assertSame(Autograd.noGrad(() -> OneDnnLinear.linear(x, weight, bias)), product.add(bias));
    }

    @Test
    void rowsThatAreNotContiguousAreReadAsTheyStand() {
        NDArray swapped = x.transpose(1, 0, 2);
        assertSame(Autograd.noGrad(() -> Aten.linear(swapped, weight, bias)), Autograd.noGrad(() -> Aten.linear(x, weight, bias)).transpose(1, 0, 2));
    }

    @Test
    void longProductsHaveAWayBack() {
        NDArray leaf = Autograd.leaf(x);
        NDArray loss = Autograd.record(() -> Aten.linear(leaf, weight, bias).sum());
        assertSame(Autograd.gradients(loss, List.of(leaf)).get(0), weight.sum(new int[] {0}).reshape(1, 1, IN).broadcast(2, 77, IN));
    }

    private NDArray normal(long... shape) {
        return new Noise(shape.length).normal(manager, new Shape(shape));
    }
}
