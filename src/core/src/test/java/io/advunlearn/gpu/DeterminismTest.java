package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.ImageSampler;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Tensors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a seed fixes. */
@Tag("gpu")
class DeterminismTest {

    private static float[] noise(TextToImagePipeline pipeline) {
        try (NDManager manager = NDManager.newBaseManager(pipeline.components().device(), "PyTorch")) {
            return Tensors.floats(new ImageSampler(pipeline.components(), DeviceLane.Priority.SERVING).startNoise(manager, new long[] {3, 4}));
        }
    }

    @Test
    void startNoiseIsThatOfTheCpu() {
        assertThat(noise(Both.device())).isEqualTo(noise(Both.cpu()));
    }

    @Test
    void aSeedGivesTheSameImageBitForBit() {
        byte[] first = Both.image(Both.device(), 11).rgb();
        Both.image(Both.device(), 12);
        assertThat(Both.image(Both.device(), 11).rgb()).isEqualTo(first);
    }

    @Test
    void aBatchDiffersFromSingleImagesByRoundingAtMost() {
        var batch = Both.generate(Both.device(), Both.request(Both.STEPS, 11L, 12L)).images();
        assertThat(Both.difference(batch.get(0), Both.image(Both.device(), 11))).isLessThanOrEqualTo(Both.PIXEL_TOLERANCE);
        assertThat(Both.difference(batch.get(1), Both.image(Both.device(), 12))).isLessThanOrEqualTo(Both.PIXEL_TOLERANCE);
    }
}
