package io.advunlearn.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Noise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StepNoiseTest {

    private static final Shape ONE = new Shape(1, 4, 3, 3);

    private final NDManager manager = NDManager.newBaseManager("PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void aRowDependsOnItsSeedAloneAndChangesFromStepToStep() {
        StepNoise both = StepNoise.of(new long[] {3, 4});
        StepNoise second = StepNoise.of(new long[] {4});
        float[] before = new float[0];
        for (int step = 0; step < 3; step++) {
            float[] alone = second.next(manager, ONE).toFloatArray();
            assertThat(both.next(manager, new Shape(2, 4, 3, 3)).get("1:2").toFloatArray()).isEqualTo(alone).isNotEqualTo(before);
            before = alone;
        }
    }

    @Test
    void itIsNotTheStartNoise() {
        assertThat(StepNoise.of(new long[] {3}).next(manager, ONE).toFloatArray()).isNotEqualTo(new Noise(3).normal(manager, ONE).toFloatArray());
    }

    @Test
    void withoutNoiseAStochasticStepIsRefused() {
        assertThatIllegalStateException().isThrownBy(() -> StepNoise.NONE.next(manager, ONE));
    }
}
