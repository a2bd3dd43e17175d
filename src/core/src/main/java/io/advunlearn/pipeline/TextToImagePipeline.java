package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.Schedulers;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.TorchThreads;
import java.nio.file.Path;
import java.util.List;

/** A loaded diffusers pipeline with a hot-swappable text encoder. Thread-safe. */
public final class TextToImagePipeline implements AutoCloseable {

    private final String name;
    private final NDManager manager;
    private final PipelineComponents components;
    private final EncoderSlot slot;
    private final ComponentSlot<UNet2DConditionModel> unetSlot;

    private TextToImagePipeline(String name, NDManager manager, PipelineComponents components, EncoderSlot slot, String unetDigest) {
        this.name = name;
        this.manager = manager;
        this.components = components;
        this.slot = slot;
        unetSlot = slot.beside(UnetLoader.of(components), components.unet(), unetDigest);
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
                    Schedulers.read(modelDirectory.resolve("scheduler").resolve("scheduler_config.json")), on, new DeviceLane());
            return new TextToImagePipeline(name, manager, components,
                    new EncoderSlot(name, EncoderLoader.of(components), base.model(), base.digest(), floor, enforce),
                    UnetLoader.digest(modelDirectory.resolve("unet")));
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

    /** The plug of the text encoder. */
    public EncoderSlot slot() {
        return slot;
    }

    /** The plug of the UNet. The floor is met by the active text encoder and the active UNet together. */
    public ComponentSlot<UNet2DConditionModel> unetSlot() {
        return unetSlot;
    }

    /** What one request draws with, from its first to its last step: an encoder and a UNet that were active at the same moment. */
    private record Held(ComponentSlot.Lease<ClipTextModel> encoder, ComponentSlot.Lease<UNet2DConditionModel> unet) implements AutoCloseable {

        @Override
        public void close() {
            unet.close();
            encoder.close();
        }
    }

    /** A swap between the two leases could pair components that never served together, and below the floor: then both are taken anew. */
    private Held hold() {
        while (true) {
            ComponentSlot.Lease<ClipTextModel> encoder = slot.acquire();
            try {
                Held held = new Held(encoder, unetSlot.acquire());
                if (slot.isActive(encoder.snapshot())) {
                    return held;
                }
                held.close();
            } catch (RuntimeException e) {
                encoder.close();
                throw e;
            }
        }
    }

    /**
     * Draws one image a seed. Holds one encoder and one UNet from the first to the last step; the negative prompt is encoded by the
     * base encoder (an erased one in that branch would bring the concept back).
     *
     * @throws IllegalArgumentException if the scheduler cannot run this model, or not in that number of steps
     * @throws EncoderUnavailableException if no encoder that meets the floor is active
     * @throws java.util.concurrent.CancellationException between steps after a cancel
     */
    public GenerationResult generate(GenerationRequest request, StepListener listener, CancellationToken cancellation) {
        Scheduler scheduler = request.scheduler() == null ? components.scheduler() : components.scheduler().as(request.scheduler());
        try (Held held = hold(); NDManager scratch = manager.newSubManager()) {
            ComponentSnapshot<ClipTextModel> encoder = held.encoder().snapshot();
            ComponentSnapshot<UNet2DConditionModel> unet = held.unet().snapshot();
            ImageSampler sampler = new ImageSampler(components.with(unet.network()).with(scheduler), DeviceLane.Priority.SERVING);
            ClipTokenizer.Encoding prompt = components.tokenizer().encode(request.prompt());
            int[] negative = components.tokenizer().encode(request.negativePrompt()).ids();
            long[] seeds = request.seeds().stream().mapToLong(Long::longValue).toArray();
            NDArray positive = encode(encoder.network(), scratch, prompt.ids());
            NDArray batch = seeds.length == 1 ? positive : positive.repeat(0, seeds.length);
            NDArray unconditional = encode(components.baseEncoder(), scratch, negative);
            NDArray latents = sampler.sample(batch, unconditional, sampler.startNoise(scratch, seeds), StepNoise.of(seeds),
                    request.steps(), request.guidanceScale(), listener, cancellation);
            List<RgbImage> images = sampler.toImages(sampler.decode(latents));
            return new GenerationResult(images, encoder.id(), encoder.digest(), encoder.generation(), unet.id(), unet.digest(), prompt.cut());
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
            unetSlot.close();
            components.tokenizer().close();
            manager.close();
        });
    }
}
