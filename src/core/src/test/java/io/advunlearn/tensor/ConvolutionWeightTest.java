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

/** The ways to compute a convolution give the same numbers. */
class ConvolutionWeightTest {

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void preparedWeightGivesWhatTheStateDictsGives() {
        NDArray weight = normal(24, 16, 3, 3);
        NDArray bias = normal(24);
        ConvolutionWeight prepared = new ConvolutionWeight(weight, true);
        for (int size : new int[] {8, 5}) {
            for (int stride : new int[] {1, 2}) {
                NDArray x = normal(2, 16, size, size);
                NDArray expected = Aten.conv2d(x, weight, bias, stride, 1);
                assertSame(Autograd.noGrad(() -> prepared.convolve(x, bias, stride, 1)), expected);
            }
        }
    }

    /** What was drawn first leaves no trace in what is drawn later: a seed gives the same image in every process. */
    @Test
    void preparedForOneInputItGivesToTheBitWhatItGivesPreparedForAnother() {
        NDArray weight = normal(64, 32, 3, 3);
        NDArray bias = normal(64);
        List<NDArray> inputs = List.of(normal(2, 32, 8, 8), normal(8, 32, 5, 7), normal(1, 32, 1, 3), normal(5, 32, 2, 16));
        for (NDArray first : inputs) {
            ConvolutionWeight other = new ConvolutionWeight(weight, true);
            Autograd.noGrad(() -> other.convolve(first, bias, 1, 1));
            for (NDArray x : inputs) {
                ConvolutionWeight own = new ConvolutionWeight(weight, true);
                assertThat(Tensors.floats(Autograd.noGrad(() -> other.convolve(x, bias, 1, 1))))
                        .isEqualTo(Tensors.floats(Autograd.noGrad(() -> own.convolve(x, bias, 1, 1))));
            }
        }
    }

    @Test
    void weightThatIsTrainedIsNotKept() {
        NDArray weight = normal(4, 4, 3, 3);
        NDArray bias = normal(4);
        NDArray x = normal(1, 4, 4, 4);
        ConvolutionWeight trained = new ConvolutionWeight(weight, false);
        Autograd.noGrad(() -> trained.convolve(x, bias, 1, 1));
        Autograd.noGrad(() -> weight.muli(2));
        assertSame(Autograd.noGrad(() -> trained.convolve(x, bias, 1, 1)), Aten.conv2d(x, weight, bias, 1, 1));
    }

    @Test
    void gradientsFlowThroughAFrozenWeight() {
        NDArray weight = normal(4, 4, 1, 1);
        NDArray bias = normal(4);
        ConvolutionWeight frozen = new ConvolutionWeight(weight, true);
        NDArray x = normal(1, 4, 2, 2);
        Autograd.noGrad(() -> frozen.convolve(x, bias, 1, 0));
        NDArray leaf = Autograd.leaf(x);
        NDArray loss = Autograd.record(() -> frozen.convolve(leaf, bias, 1, 0).sum());
        NDArray columns = weight.reshape(4, 4).sum(new int[] {0});
        assertSame(Autograd.gradients(loss, List.of(leaf)).get(0), columns.reshape(1, 4, 1, 1).broadcast(1, 4, 2, 2));
    }

    @Test
    void largeWeightOverFewPositionsGivesWhatItGivesOverMany() {
        NDArray weight = normal(2048, 512, 3, 3);
        NDArray bias = normal(2048);
        for (int stride : new int[] {1, 2}) {
            NDArray few = normal(1, 512, 6, 4);
            NDArray many = few.repeat(0, 24);
            NDArray expected = Aten.conv2d(many, weight, bias, stride, 1).get("0:1");
            assertSame(Aten.conv2d(few, weight, bias, stride, 1), expected);
        }
    }

    private NDArray normal(long... shape) {
        return new Noise(shape.length).normal(manager, new Shape(shape));
    }
}
