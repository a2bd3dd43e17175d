package io.advunlearn.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.CrossAttentionContext;
import io.advunlearn.model.UNet2DConditionConfig;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The pieces of work that are timed, each as serving does it. {@link #image} is thread-safe. */
public final class Workloads implements AutoCloseable {

    private static final double GUIDANCE = 4;
    private static final int ANY_TOKEN = 5;

    private final TextToImagePipeline pipeline;
    private final PipelineComponents components;
    private final int steps;
    private final NDManager manager;
    private final NDArray sample;
    private final NDArray timesteps;
    private final NDArray latents;
    private final CrossAttentionContext context;
    private final AtomicInteger drawn = new AtomicInteger();

    /** @param steps of an image */
    public Workloads(TextToImagePipeline pipeline, int steps) {
        this.pipeline = pipeline;
        this.steps = steps;
        components = pipeline.components();
        pipeline.tune(PipelineTuning.SERVING);
        manager = NDManager.newBaseManager(components.device(), "PyTorch");
        UNet2DConditionConfig unet = components.unet().config();
        sample = new Noise(1).normal(manager, new Shape(2, unet.inChannels(), unet.sampleSize(), unet.sampleSize()));
        timesteps = Tensors.of(manager, new float[] {500, 500}, new Shape(2));
        latents = new Noise(2).normal(manager, new Shape(1, components.vae().latentChannels(), unet.sampleSize(), unet.sampleSize()));
        NDArray text = new Noise(3).normal(manager, new Shape(2, 77, unet.crossAttentionDim().get(0)));
        context = Autograd.noGrad(() -> components.unet().context(text));
    }

    /** A guided step of one image, 2 rows; keys and values of the text are made once an image and not a step. */
    public void unetStep() {
        onDevice(() -> {
            try (NDArray input = sample.duplicate()) {
                components.unet().forward(input, timesteps, context).close();
            }
        });
    }

    /** One prompt through the base encoder. */
    public void textEncoding() {
        int[] ids = new int[components.baseEncoder().config().maxPositionEmbeddings()];
        Arrays.fill(ids, ANY_TOKEN);
        onDevice(() -> components.baseEncoder().encode(manager, new int[][] {ids}).close());
    }

    /** One image's latents to pixels. */
    public void decode() {
        onDevice(() -> components.vae().decode(latents).close());
    }

    /** With the threads that the pipeline chooses. */
    private void onDevice(Runnable work) {
        components.lane().runNoGrad(DeviceLane.Priority.SERVING, work);
    }

    /** A whole image of a request, of another prompt each time: only what the encoder says of the empty one is known already. */
    public void image(long seed) {
        pipeline.generate(new GenerationRequest("a photo of a church, " + drawn.incrementAndGet(), "", List.of(seed), steps, GUIDANCE), (done, total) -> { }, new CancellationToken());
    }

    @Override
    public void close() {
        manager.close();
    }
}
