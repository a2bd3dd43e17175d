package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a kernel made of a weight lives as long as the weight, whoever asked for it first. */
class KernelLayoutTest {

    @Test
    void outlivesTheScopeOfItsFirstUseAndIsFreedWithTheWeight() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray made;
            try (NDManager weights = manager.newSubManager()) {
                NDArray weight = new Noise(1).normal(weights, new Shape(4, 4));
                KernelLayout layout = new KernelLayout(weight);
                try (Scope scope = new Scope()) {
                    made = layout.get(() -> OneDnnLinear.prepare(weight));
                }
                assertThat(((PtNDArray) made).isReleased()).isFalse();
                assertThat(weights.getManagedArrays()).containsExactly(weight);
            }
            assertThat(((PtNDArray) made).isReleased()).isTrue();
        }
    }

    @Test
    void isMadeOnceForAllThreads() {
        try (NDManager weights = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray weight = new Noise(1).normal(weights, new Shape(512, 512));
            KernelLayout layout = new KernelLayout(weight);
            List<NDArray> made = IntStream.range(0, 8).parallel().mapToObj(i -> layout.get(() -> OneDnnLinear.prepare(weight))).distinct().toList();
            assertThat(made).hasSize(1);
        }
    }
}
