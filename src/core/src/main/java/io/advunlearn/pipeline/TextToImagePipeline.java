package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.PipelineArchitecture;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.TorchThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A loaded diffusers pipeline with a hot-swappable text encoder. Thread-safe. */
public final class TextToImagePipeline implements AutoCloseable {

    private final String name;
    private final NDManager manager;
    private final PipelineComponents components;
    private final EncoderSlot slot;
    private final ComponentSlot<UNet2DConditionModel> unetSlot;
    private final ComponentSlot<ClipTextModelWithProjection> secondSlot;

    private TextToImagePipeline(String name, NDManager manager, PipelineComponents components, EncoderSlot slot,
            Supplier<String> unetDigest) {
        this.name = name;
        this.manager = manager;
        this.components = components;
        this.slot = slot;
        unetSlot = slot.beside(UnetLoader.of(components), components.unet(), unetDigest, false);
        SecondEncoder second = components.secondEncoder();
        secondSlot = second == null ? null : slot.beside(new SecondEncoderLoader(second, () -> NDManager.newBaseManager(components.device()),
                components.lane()), second.model(), second::digest, true);
    }

    /** As {@link #load(String, Path, CheckpointOptions, Device, ErasureFloor, boolean)}, without floor and options. */
    public static TextToImagePipeline load(String name, Path model, Device device) {
        return load(name, model, device, ErasureFloor.NONE, false);
    }

    /** As {@link #load(String, Path, CheckpointOptions, Device, ErasureFloor, boolean)}, without options. */
    public static TextToImagePipeline load(String name, Path model, Device device, ErasureFloor floor, boolean enforce) {
        return load(name, model, CheckpointOptions.NONE, device, floor, enforce);
    }

    /**
     * Loads a published checkpoint of Stable Diffusion 1 or 2, SDXL or SDXL-Turbo: a folder of diffusers, or one {@code .safetensors} file in its
     * publisher's layout. Whether its parts fit each other is found out before any weights are read.
     *
     * @param name the pipeline's name, used in states and messages
     * @param device where the weights live, null for the engine's default
     * @param floor erasures that every active encoder must have
     * @param enforce whether requests are refused rather than served by an encoder below the floor
     * @throws IllegalArgumentException one sentence that names the file and what is supported
     * @throws io.advunlearn.tensor.SafetensorsException naming the weights file and what is wrong with it
     */
    public static TextToImagePipeline load(String name, Path model, CheckpointOptions options, Device device, ErasureFloor floor, boolean enforce) {
        TorchThreads.sleepWhenIdle();
        NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        try (Checkpoint checkpoint = Checkpoint.open(model, options)) {
            LoadedCheckpoint loaded = LoadedCheckpoint.load(checkpoint, PipelineArchitecture.of(checkpoint), manager);
            PipelineComponents components = loaded.components();
            return new TextToImagePipeline(name, manager, components,
                    new EncoderSlot(name, EncoderLoader.of(components), components.baseEncoder(), components.baseDigest(), floor, enforce),
                    loaded.unetDigest());
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

    /** The plug of SDXL's second text encoder; empty in the other families. */
    public Optional<ComponentSlot<ClipTextModelWithProjection>> secondSlot() {
        return Optional.ofNullable(secondSlot);
    }

    /** The plug of the UNet. The floor is met by all active components together. */
    public ComponentSlot<UNet2DConditionModel> unetSlot() {
        return unetSlot;
    }

    /**
     * What one request draws with, from its first to its last step: components that were active at the same moment.
     *
     * @param second {@code null} in families with one encoder
     */
    private record Held(ComponentSlot.Lease<ClipTextModel> encoder, ComponentSlot.Lease<ClipTextModelWithProjection> second,
            ComponentSlot.Lease<UNet2DConditionModel> unet) implements AutoCloseable {

        @Override
        public void close() {
            List.of(unet, encoder).forEach(ComponentSlot.Lease::close);
            if (second != null) {
                second.close();
            }
        }
    }

    /** A swap between the leases could pair components that never served together, and below the floor: then all are taken anew. */
    private Held hold() {
        while (true) {
            List<ComponentSlot.Lease<?>> taken = new ArrayList<>();
            try {
                ComponentSlot.Lease<ClipTextModel> encoder = taken(taken, slot.acquire());
                ComponentSlot.Lease<ClipTextModelWithProjection> second = secondSlot == null ? null : taken(taken, secondSlot.acquire());
                Held held = new Held(encoder, second, taken(taken, unetSlot.acquire()));
                if (slot.isActive(encoder.snapshot()) && (second == null || secondSlot.isActive(second.snapshot()))) {
                    return held;
                }
                held.close();
            } catch (RuntimeException e) {
                taken.forEach(ComponentSlot.Lease::close);
                throw e;
            }
        }
    }

    private static <N> ComponentSlot.Lease<N> taken(List<ComponentSlot.Lease<?>> all, ComponentSlot.Lease<N> lease) {
        all.add(lease);
        return lease;
    }

    /**
     * Draws one image a seed. Holds its encoder and UNet from the first to the last step; the negative prompt is encoded by the
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
            TextReader reader = new TextReader(components, encoder.network(), held.second() == null ? null : held.second().snapshot().network(),
                    components.imageSize());
            long[] seeds = request.seeds().stream().mapToLong(Long::longValue).toArray();
            Conditioning positive = onDevice(() -> reader.read(scratch, request.prompt()));
            Conditioning negative = onDevice(() -> TextReader.base(components).readNegative(scratch, request.negativePrompt()));
            NDArray latents = sampler.sample(positive.repeated(seeds.length), negative, sampler.startNoise(scratch, seeds), StepNoise.of(seeds),
                    request.steps(), request.guidanceScale(), listener, cancellation);
            List<RgbImage> images = sampler.toImages(sampler.decode(latents));
            return new GenerationResult(images, encoder.id(), encoder.digest(), encoder.generation(), unet.id(), unet.digest(),
                    components.tokenizer().encode(request.prompt()).cut());
        }
    }

    private Conditioning onDevice(Supplier<Conditioning> reading) {
        return components.lane().call(DeviceLane.Priority.SERVING, () -> Autograd.noGrad(reading));
    }

    /** Waits for the piece of work that has the device: memory must not go away under a running kernel. */
    @Override
    public void close() {
        components.lane().run(DeviceLane.Priority.SERVING, () -> {
            slot.close();
            unetSlot.close();
            components.tokenizer().close();
            if (secondSlot != null) {
                secondSlot.close();
                components.secondEncoder().tokenizer().close();
            }
            manager.close();
        });
    }
}
