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

/** A prepared weight gives the numbers of the one in the state dict. */
class LinearWeightTest {

    private static final int IN = 768;
    private static final int OUT = 640;

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final NDArray weight = normal(OUT, IN);
    private final NDArray bias = normal(OUT);

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void preparedWeightGivesWhatTheStateDictsGives() {
        LinearWeight prepared = new LinearWeight(weight, true);
        for (int rows : new int[] {1, 2, 6, 40}) {
            NDArray x = normal(rows, 77, IN);
            NDArray product = x.reshape(rows * 77L, IN).matMul(weight.transpose()).reshape(rows, 77, OUT);
            assertSame(Autograd.noGrad(() -> prepared.product(x, bias)), product.add(bias));
        }
    }

    /** The way that is tested above is not the one that everybody has. */
    @Test
    void preparedWeightIsAnother() {
        assertThat(OneDnnLinear.canRead(weight)).as("the bundled engine has oneDNN").isTrue();
        NDArray prepared = OneDnnLinear.prepare(weight);
        NDArray x = normal(1, 77, IN);
        assertSame(Autograd.noGrad(() -> OneDnnLinear.linear(x, prepared, bias)), Autograd.noGrad(() -> OneDnnLinear.linear(x, weight, bias)));
        assertThat(prepared).isNotSameAs(weight);
    }

    /** What was encoded first leaves no trace in what is encoded later: a seed gives the same image in every process. */
    @Test
    void usedForOneInputFirstItGivesToTheBitWhatItGivesUsedForAnother() {
        List<NDArray> inputs = List.of(normal(1, 77, IN), normal(2, 77, IN), normal(3, 50, IN));
        for (NDArray first : inputs) {
            LinearWeight other = new LinearWeight(weight, true);
            Autograd.noGrad(() -> other.product(first, bias));
            for (NDArray x : inputs) {
                LinearWeight own = new LinearWeight(weight, true);
                assertThat(Tensors.floats(Autograd.noGrad(() -> other.product(x, bias))))
                        .isEqualTo(Tensors.floats(Autograd.noGrad(() -> own.product(x, bias))));
            }
        }
    }

    @Test
    void weightThatIsTrainedIsNotKept() {
        LinearWeight trained = new LinearWeight(weight, false);
        NDArray x = normal(1, 77, IN);
        Autograd.noGrad(() -> trained.product(x, bias));
        Autograd.noGrad(() -> weight.muli(2));
        assertSame(Autograd.noGrad(() -> trained.product(x, bias)), Aten.linear(x, weight, bias));
    }

    @Test
    void gradientsFlowThroughAFrozenWeight() {
        LinearWeight frozen = new LinearWeight(weight, true);
        NDArray x = normal(1, 77, IN);
        Autograd.noGrad(() -> frozen.product(x, bias));
        NDArray leaf = Autograd.leaf(x);
        NDArray loss = Autograd.record(() -> frozen.product(leaf, bias).sum());
        assertSame(Autograd.gradients(loss, List.of(leaf)).get(0), weight.sum(new int[] {0}).reshape(1, 1, IN).broadcast(1, 77, IN));
    }

    private NDArray normal(long... shape) {
        return new Noise(shape.length).normal(manager, new Shape(shape));
    }
}
