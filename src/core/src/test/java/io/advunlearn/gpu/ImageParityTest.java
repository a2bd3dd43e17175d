package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.ImageSampler;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.scheduler.StepNoise;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A seed gives the same picture on the device and on the CPU. */
@Tag("gpu")
class ImageParityTest {

    private static final int STEPS = 25;
    private static final double TOLERANCE = 1e-3;

    private static NDArray sample(PipelineComponents components, NDManager manager) {
        ImageSampler sampler = new ImageSampler(components, DeviceLane.Priority.SERVING);
        NDArray texts = components.baseEncoder().encode(manager, components.tokenizer().encodeAll(List.of("", Both.PROMPT)));
        return sampler.sample(texts.get("1:2"), texts.get("0:1"), sampler.startNoise(manager, new long[] {3}), StepNoise.NONE, STEPS, 5,
                StepListener.NONE, new CancellationToken());
    }

    @Test
    void guidedLatents() {
        assertThat(Both.relativeError("latents after 25 guided steps", ImageParityTest::sample)).isLessThanOrEqualTo(TOLERANCE);
    }

    @Test
    void guidedImages() {
        List<RgbImage> here = Both.generate(Both.device(), Both.request(STEPS, 1L, 2L, 3L)).images();
        List<RgbImage> there = Both.generate(Both.cpu(), Both.request(STEPS, 1L, 2L, 3L)).images();
        for (int i = 0; i < here.size(); i++) {
            int difference = Both.difference(here.get(i), there.get(i));
            Both.print("parity: image %d: at most %d of 255 a pixel", i, difference);
            assertThat(difference).isLessThanOrEqualTo(Both.PIXEL_TOLERANCE);
        }
    }
}
