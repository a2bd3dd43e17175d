package io.advunlearn.gpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.erasure.ErasureListener;
import io.advunlearn.model.CrossAttentionContext;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prints how long things take on the device and on the CPU; asserts nothing. */
@Tag("gpu")
class TimingsTest {

    private static final int STEPS = 25;
    private static final int UNET_STEPS = 50;

    @TempDir
    Path folder;

    private static void print(String what, String unit, ToDoubleFunction<TextToImagePipeline> measured) {
        Both.print("timing: %s: %s %.3f %s, cpu() %.3f %s", what, Both.device().components().device(), measured.applyAsDouble(Both.device()), unit,
                measured.applyAsDouble(Both.cpu()), unit);
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void images(int batch) {
        Long[] seeds = new Long[batch];
        for (int i = 0; i < batch; i++) {
            seeds[i] = (long) i;
        }
        print("25 steps, batch of " + batch, "images a second", pipeline -> {
            Both.generate(pipeline, Both.request(STEPS, seeds));
            int repeats = 3;
            return repeats * batch / seconds(() -> {
                for (int i = 0; i < repeats; i++) {
                    Both.generate(pipeline, Both.request(STEPS, seeds));
                }
            });
        });
    }

    /** Without the sampler around it: two rows, as guidance needs them. */
    @Test
    void denoisingStep() {
        print("UNet forward of 2 latents", "ms", pipeline -> {
            PipelineComponents components = pipeline.components();
            try (NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch")) {
                int size = components.unet().sampleSize();
                NDArray latents = new Noise(7).normal(manager, new Shape(2, components.unet().inChannels(), size, size));
                NDArray times = Tensors.of(manager, new float[] {961, 41}, new Shape(2));
                NDArray texts = components.baseEncoder().encode(manager, components.tokenizer().encodeAll(List.of("", Both.PROMPT)));
                CrossAttentionContext context = components.unet().context(texts);
                forwards(components, latents, times, context, 3);
                return 1000 * seconds(() -> forwards(components, latents, times, context, UNET_STEPS)) / UNET_STEPS;
            }
        });
    }

    /** Reading the last result waits for all of them. */
    private static void forwards(PipelineComponents components, NDArray latents, NDArray times, CrossAttentionContext context, int count) {
        Autograd.noGrad(() -> {
            for (int i = 1; i < count; i++) {
                components.unet().forward(latents, times, context).close();
            }
            return Tensors.floats(components.unet().forward(latents, times, context));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"kv", "fast"})
    void erasure(String profile) {
        print("erasure of " + SmallErasure.ITERATIONS + " steps with " + profile, "s", pipeline -> seconds(() ->
                SmallErasure.run(pipeline, profile, folder.resolve(pipeline == Both.device() ? "device" : "cpu"), ErasureListener.NONE)));
    }
}
