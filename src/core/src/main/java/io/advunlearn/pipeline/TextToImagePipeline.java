package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.DdimScheduler;
import io.advunlearn.tensor.TorchThreads;
import java.nio.file.Path;
import java.util.List;

/** A loaded diffusers pipeline with a hot-swappable text encoder. Thread-safe. */
public final class TextToImagePipeline implements AutoCloseable {

    private final String name;
    private final NDManager manager;
    private final PipelineComponents components;
    private final EncoderSlot slot;
    private final ImageSampler sampler;

    private TextToImagePipeline(String name, NDManager manager, PipelineComponents components, EncoderSlot slot) {
        this.name = name;
        this.manager = manager;
        this.components = components;
        this.slot = slot;
        sampler = new ImageSampler(components, DeviceLane.Priority.SERVING);
    }

    /**
     * Loads every part of a diffusers directory: {@code tokenizer/}, {@code text_encoder/}, {@code unet/}, {@code vae/},
     * {@code scheduler/}.
     *
     * @param name the pipeline's name, used in states and messages
     * @param device where the weights live, null for the engine's default
     * @throws IllegalArgumentException naming the file and the reason
     */
    public static TextToImagePipeline load(String name, Path modelDirectory, Device device) {
        return load(name, modelDirectory, device, ErasureFloor.NONE, false);
    }

    /**
     * As {@link #load(String, Path, Device)}, with the pipeline's floor.
     *
     * @param floor erasures that every active encoder must have
     * @param enforce whether requests are refused rather than served by an encoder below the floor
     */
    public static TextToImagePipeline load(String name, Path modelDirectory, Device device, ErasureFloor floor, boolean enforce) {
        TorchThreads.sleepWhenIdle();
        NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        try {
            Device on = manager.getDevice();
            BaseEncoder base = BaseEncoder.load(modelDirectory.resolve("text_encoder"), manager, on);
            PipelineComponents components = new PipelineComponents(modelDirectory,
                    ClipTokenizer.load(modelDirectory.resolve("tokenizer")), base.model(), base.digest(),
                    UNet2DConditionModel.load(modelDirectory.resolve("unet"), manager, on),
                    AutoencoderKL.load(modelDirectory.resolve("vae"), manager, on),
                    DdimScheduler.read(modelDirectory.resolve("scheduler").resolve("scheduler_config.json")), on, new DeviceLane());
            return new TextToImagePipeline(name, manager, components,
                    new EncoderSlot(name, EncoderLoader.of(components), base.model(), base.digest(), floor, enforce));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    public String name() {
        return name;
    }

    /** The frozen parts, for erasure and evaluation. */
    public PipelineComponents components() {
        return components;
    }

    /** The plug. */
    public EncoderSlot slot() {
        return slot;
    }

    /**
     * Draws one image a seed. Holds one encoder snapshot from the first to the last step; the negative prompt is encoded by the
     * base encoder (an erased one in that branch would bring the concept back).
     *
     * @throws EncoderUnavailableException if no encoder that meets the floor is active
     * @throws java.util.concurrent.CancellationException between steps after a cancel
     */
    public GenerationResult generate(GenerationRequest request, StepListener listener, CancellationToken cancellation) {
        try (EncoderSlot.Lease lease = slot.acquire(); NDManager scratch = manager.newSubManager()) {
            EncoderSnapshot snapshot = lease.snapshot();
            ClipTokenizer.Encoding prompt = components.tokenizer().encode(request.prompt());
            int[] negative = components.tokenizer().encode(request.negativePrompt()).ids();
            long[] seeds = request.seeds().stream().mapToLong(Long::longValue).toArray();
            NDArray positive = encode(snapshot.encoder(), scratch, prompt.ids());
            NDArray batch = seeds.length == 1 ? positive : positive.repeat(0, seeds.length);
            NDArray unconditional = encode(components.baseEncoder(), scratch, negative);
            NDArray latents = sampler.sample(batch, unconditional, sampler.startNoise(scratch, seeds), request.steps(),
                    request.guidanceScale(), null, listener, cancellation);
            List<RgbImage> images = sampler.toImages(sampler.decode(latents));
            return new GenerationResult(images, snapshot.id(), snapshot.digest(), snapshot.generation(), prompt.cut());
        }
    }

    private NDArray encode(ClipTextModel encoder, NDManager scratch, int[] ids) {
        return components.lane().call(DeviceLane.Priority.SERVING, () -> encoder.encode(scratch, new int[][] {ids}));
    }

    /** Waits for the piece of work that has the device: memory must not go away under a running kernel. */
    @Override
    public void close() {
        components.lane().run(DeviceLane.Priority.SERVING, () -> {
            slot.close();
            components.tokenizer().close();
            manager.close();
        });
    }
}
