package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.Fixture;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every network gives on the device what it gives on the CPU, whose numbers are checked against diffusers elsewhere. */
@Tag("gpu")
class NetworkParityTest {

    /** cuDNN's ways back may use TF32, see {@link io.advunlearn.tensor.Aten#conv2d}. */
    private static final double GRADIENT_TOLERANCE = 1e-2;

    private static NDArray text(PipelineComponents components, NDManager manager) {
        return components.baseEncoder().encode(manager, components.tokenizer().encodeAll(List.of("", Both.PROMPT)));
    }

    private static NDArray latents(PipelineComponents components, NDManager manager) {
        int size = components.unet().sampleSize();
        return new Noise(7).normal(manager, new Shape(2, components.unet().inChannels(), size, size));
    }

    private static NDArray times(NDManager manager) {
        return Tensors.of(manager, new float[] {961, 41}, new Shape(2));
    }

    @Test
    void textEncoder() {
        assertThat(Both.relativeError("text encoder", NetworkParityTest::text)).isLessThanOrEqualTo(Fixture.TOLERANCE);
    }

    @Test
    void denoiser() {
        assertThat(Both.relativeError("UNet", (components, manager) -> components.unet()
                .forward(latents(components, manager), times(manager), text(components, manager)))).isLessThanOrEqualTo(Fixture.TOLERANCE);
    }

    @Test
    void decoder() {
        assertThat(Both.relativeError("VAE decoder", (components, manager) -> components.vae().decode(latents(components, manager))))
                .isLessThanOrEqualTo(Fixture.TOLERANCE);
    }

    @Test
    void gradientThroughTheDenoiser() {
        assertThat(Both.relativeError("gradient through the UNet", (components, manager) -> {
            NDArray text = Autograd.leaf(text(components, manager));
            NDArray loss = Autograd.record(() -> components.unet().forward(latents(components, manager), times(manager), text).square().sum());
            return Autograd.gradients(loss, List.of(text)).get(0);
        })).isLessThanOrEqualTo(GRADIENT_TOLERANCE);
    }
}
