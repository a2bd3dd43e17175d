package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.PipelineArchitecture;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.Devices;
import io.advunlearn.tensor.TorchThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A loaded diffusers pipeline with a hot-swappable text encoder. Thread-safe. */
public final class TextToImagePipeline implements AutoCloseable {

    private final String name;
    private final NDManager manager;
    private final PipelineComponents components;
    private final EncoderSlot slot;
    private final ComponentSlot<UNet2DConditionModel> unetSlot;
    private final ComponentSlot<ClipTextModelWithProjection> secondSlot;
    private final RoutedEncoders routed;
    private final StepBatcher batcher;
    private final EmbeddingCache embeddings;
    private final CompletableFuture<String> unetDigest;

    private TextToImagePipeline(String name, NDManager manager, PipelineComponents components, EncoderSlot slot,
            CompletableFuture<String> unetDigest) {
        this.name = name;
        this.manager = manager;
        this.components = components;
        this.slot = slot;
        this.unetDigest = unetDigest;
        unetSlot = slot.beside(UnetLoader.of(components), components.unet(), unetDigest::join, false);
        SecondEncoder second = components.secondEncoder();
        secondSlot = SecondEncoderLoader.of(components).map(loader -> slot.beside(loader, second.model(), second::digest, true)).orElse(null);
        routed = new RoutedEncoders(slot, secondSlot);
        batcher = new StepBatcher(components.lane(), manager);
        embeddings = new EmbeddingCache(manager);
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
     * @param device where the weights live, null for the engine's default; the text encoders' may be another, see {@link CheckpointOptions}
     * @param floor erasures that every active encoder must have
     * @param enforce whether requests are refused rather than served by an encoder below the floor
     * @throws IllegalArgumentException one sentence that names the file and what is supported
     * @throws io.advunlearn.tensor.SafetensorsException naming the weights file and what is wrong with it
     */
    public static TextToImagePipeline load(String name, Path model, CheckpointOptions options, Device device, ErasureFloor floor, boolean enforce) {
        return load(name, model, options, device, floor, enforce, false);
    }

    /** As the other forms. @param halfAnywhere whether float16 is also computed in by processors, which is slower than float32 there: for tests */
    static TextToImagePipeline load(String name, Path model, CheckpointOptions options, Device device, ErasureFloor floor, boolean enforce,
            boolean halfAnywhere) {
        TorchThreads.sleepWhenIdle();
        NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        try (Checkpoint checkpoint = Checkpoint.open(model, options)) {
            LoadedCheckpoint loaded = LoadedCheckpoint.load(checkpoint, PipelineArchitecture.of(checkpoint), options.vaeTiling(),
                    places(options, manager, halfAnywhere));
            return of(name, manager, loaded, floor, enforce);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    static TextToImagePipeline of(String name, NDManager manager, LoadedCheckpoint loaded, ErasureFloor floor, boolean enforce) {
        PipelineComponents components = loaded.components();
        return new TextToImagePipeline(name, manager, components,
                new EncoderSlot(name, EncoderLoader.of(components), components.baseEncoder(), components.baseDigest(), floor, enforce), loaded.unetDigest());
    }

    /**
     * Why it can draw nothing: images say which UNet drew them, and its weights file could not be read to its end again. Empty if it could, or while that
     * goes on.
     */
    public Optional<String> unreadable() {
        return unetDigest.isCompletedExceptionally() ? Optional.of("the weights file of the UNet could not be read") : Optional.empty();
    }

    /** On a processor text encoders compute in fp32, whatever the denoiser does. */
    private static LoadedCheckpoint.Places places(CheckpointOptions options, NDManager manager, boolean halfAnywhere) {
        DataType type = options.dtype().dataType();
        if (type == DataType.FLOAT16 && !manager.getDevice().isGpu() && !halfAnywhere) {
            throw new IllegalArgumentException("dtype is float16 and device is " + manager.getDevice().getDeviceType()
                    + "; float16 needs a GPU, processors compute in float32 (and read files in fp16 all the same)");
        }
        Device textDevice = textDevice(options, manager.getDevice());
        NDManager text = textDevice.equals(manager.getDevice()) ? manager : manager.newSubManager(textDevice);
        return new LoadedCheckpoint.Places(new LoadedCheckpoint.Place(text, textDevice.isGpu() || halfAnywhere ? type : DataType.FLOAT32),
                new LoadedCheckpoint.Place(manager, type));
    }

    private static Device textDevice(CheckpointOptions options, Device device) {
        try {
            return options.textEncoderDevice() == null ? device : Devices.byName(options.textEncoderDevice());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("text-encoder-device: " + e.getMessage(), e);
        }
    }

    public String name() {
        return name;
    }

    /** The frozen parts, for erasure and evaluation. */
    public PipelineComponents components() {
        return components;
    }

    /** How requests share the device from now on; {@link PipelineTuning#OFF} until the first call. */
    public void tune(PipelineTuning tuning) {
        batcher.tune(tuning);
        tuning.backgroundShare().ifPresent(components.lane()::share);
        embeddings.limit(tuning.embeddingCacheBytes());
    }

    /**
     * How requests have shared the device so far.
     *
     * @param steps denoising steps of all requests
     * @param unetCalls calls of the UNet in which they were made
     * @param cachedEmbeddings prompts whose embeddings were known
     * @param readEmbeddings prompts that were encoded
     * @param cachedBytes of device memory for embeddings now
     */
    public record Sharing(long steps, long unetCalls, long cachedEmbeddings, long readEmbeddings, long cachedBytes) { }

    /** Counted since it was loaded. */
    public Sharing sharing() {
        return new Sharing(batcher.steps(), batcher.calls(), embeddings.hits(), embeddings.misses(), embeddings.bytes());
    }

    /** The plug of the text encoder. */
    public EncoderSlot slot() {
        return slot;
    }

    /** The plug of SDXL's second text encoder; empty in the other families. */
    public Optional<ComponentSlot<ClipTextModelWithProjection>> secondSlot() {
        return Optional.ofNullable(secondSlot);
    }

    /** What the text encoders' slots serve at one moment: one status, or two in SDXL. */
    public List<ComponentSlot.Status> encoders() {
        return slot.group().atOneMoment(() -> {
            ComponentSlot.Status first = slot.status();
            return secondSlot == null ? List.of(first) : List.of(first, secondSlot.status().enforcedBy(first));
        });
    }

    /** Text encoders that draw beside those of the slots, for requests that are routed to them. */
    public RoutedEncoders routedEncoders() {
        return routed;
    }

    /** Text encoders in device memory now: the model's own, the active ones, those kept for a rollback, those that are routed to, and those that requests still draw with. */
    public int loadedEncoders() {
        return slot.inMemory() + (secondSlot == null ? 0 : secondSlot.inMemory());
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

        TextReader.Encoders encoders() {
            return new TextReader.Encoders(encoder.snapshot().network(), encoder.snapshot().digest(), second == null ? null : second.snapshot().network(),
                    second == null ? "" : second.snapshot().digest());
        }

        EncoderVersion secondVersion() {
            return second == null ? null : EncoderVersion.of(second.snapshot());
        }

        @Override
        public void close() {
            List.of(unet, encoder).forEach(ComponentSlot.Lease::close);
            if (second != null) {
                second.close();
            }
        }
    }

    /** Taken at one moment: components that never served together could be below the floor. @param route gives {@code null} for the slots' encoders */
    private Held hold(Supplier<String> route) {
        return slot.group().atOneMoment(() -> {
            String name = route.get();
            return name == null ? holdActive() : holdRouted(name);
        });
    }

    private Held holdRouted(String route) {
        RoutedEncoders.Taken encoders = routed.take(route);
        try {
            return new Held(encoders.encoder(), encoders.second(), unetSlot.acquire());
        } catch (RuntimeException e) {
            encoders.encoder().close();
            if (encoders.second() != null) {
                encoders.second().close();
            }
            throw e;
        }
    }

    private Held holdActive() {
        return held(slot::acquire, () -> secondSlot.acquire());
    }

    private Held holdApart(ComponentSource encoder, ComponentSource textEncoder2) {
        return held(() -> slot.loadApart(encoder), () -> secondSlot.loadApart(textEncoder2));
    }

    /** @param second not asked in families with one encoder */
    private Held held(Supplier<ComponentSlot.Lease<ClipTextModel>> encoder, Supplier<ComponentSlot.Lease<ClipTextModelWithProjection>> second) {
        List<ComponentSlot.Lease<?>> taken = new ArrayList<>();
        try {
            return new Held(taken(taken, encoder.get()), secondSlot == null ? null : taken(taken, second.get()), taken(taken, unetSlot.acquire()));
        } catch (RuntimeException e) {
            taken.forEach(ComponentSlot.Lease::close);
            throw e;
        }
    }

    private static <N> ComponentSlot.Lease<N> taken(List<ComponentSlot.Lease<?>> all, ComponentSlot.Lease<N> lease) {
        all.add(lease);
        return lease;
    }

    /** As {@link #generate(GenerationRequest, StepListener, StageListener, CancellationToken)}, without a listener to stages. */
    public GenerationResult generate(GenerationRequest request, StepListener listener, CancellationToken cancellation) {
        return generate(request, listener, StageListener.NONE, cancellation);
    }

    /**
     * Draws one image a seed. Holds its encoder and UNet from the first to the last step; the negative prompt is encoded by the
     * base encoder (an erased one in that branch would bring the concept back).
     *
     * @throws IllegalArgumentException if the scheduler cannot run this model, or not in that number of steps, or the UNet not at that size
     * @throws EncoderUnavailableException if no encoder that meets the floor is active
     * @throws java.util.concurrent.CancellationException between steps after a cancel
     */
    public GenerationResult generate(GenerationRequest request, StepListener listener, StageListener stages, CancellationToken cancellation) {
        return generate(request, () -> null, listener, stages, cancellation);
    }

    /**
     * As the other form, with the encoders of a route.
     *
     * @param route gives its name, see {@link #routedEncoders()}, or {@code null} for the slots' encoders; asked when the encoders are taken, while no
     *     route changes. Must not block
     */
    public GenerationResult generate(GenerationRequest request, Supplier<String> route, StepListener listener, StageListener stages,
            CancellationToken cancellation) {
        return draw(request, () -> hold(route), listener, stages, cancellation);
    }

    /**
     * As the other forms, with encoders that are loaded and verified for this request alone. It asks for no floor: what it draws is for administrators.
     *
     * @param encoder {@code null} for the model's own
     * @param textEncoder2 {@code null} for the model's own; not read in families with one encoder
     * @throws SwapException saying which check an encoder did not pass
     */
    public GenerationResult preview(GenerationRequest request, ComponentSource encoder, ComponentSource textEncoder2, StepListener listener,
            CancellationToken cancellation) {
        return draw(request, () -> holdApart(encoder, textEncoder2), listener, StageListener.NONE, cancellation);
    }

    private GenerationResult draw(GenerationRequest request, Supplier<Held> taking, StepListener listener, StageListener stages,
            CancellationToken cancellation) {
        Scheduler scheduler = request.scheduler() == null ? components.scheduler() : components.scheduler().as(request.scheduler());
        ImageSize size = request.size() == null ? components.imageSize() : request.size();
        components.checkSize(size);
        try (Held held = taking.get(); NDManager scratch = manager.newSubManager()) {
            ComponentSnapshot<ClipTextModel> encoder = held.encoder().snapshot();
            ComponentSnapshot<UNet2DConditionModel> unet = held.unet().snapshot();
            listener.onEncoder(EncoderVersion.of(encoder).with(held.secondVersion()));
            ImageSampler sampler = new ImageSampler(components.with(unet.network()).with(scheduler), batcher);
            TextReader reader = new TextReader(components, held.encoders(), size, embeddings);
            TextReader.Prompt prompt = reader.tokens(request.prompt());
            Texts texts = during(stages, StageListener.Stage.ENCODE, () -> new Texts(onDevice(() -> reader.read(scratch, prompt)),
                    request.guidanceScale() == 1 ? null : negative(scratch, request, size)));
            long[] seeds = request.seeds().stream().mapToLong(Long::longValue).toArray();
            NDArray latents = during(stages, StageListener.Stage.DENOISE, () -> sampler.sample(texts.positive.repeated(seeds.length), texts.negative,
                    sampler.startNoise(scratch, seeds, size), StepNoise.of(seeds), request.steps(), request.guidanceScale(), listener, cancellation));
            List<RgbImage> images = during(stages, StageListener.Stage.DECODE, () -> sampler.toImages(sampler.decode(latents)));
            return new GenerationResult(images, encoder.id(), encoder.digest(), encoder.generation(), held.secondVersion(), unet.id(), unet.digest(), prompt.cut());
        }
    }

    /** What the denoiser is told. @param negative {@code null} without guidance */
    private record Texts(Conditioning positive, Conditioning negative) { }

    private static <T> T during(StageListener stages, StageListener.Stage stage, Supplier<T> work) {
        try (StageListener.End end = stages.begin(stage)) {
            return work.get();
        }
    }

    private Conditioning negative(NDManager scratch, GenerationRequest request, ImageSize size) {
        TextReader reader = new TextReader(components, TextReader.Encoders.base(components), size, embeddings);
        TextReader.Prompt prompt = reader.tokens(request.negativePrompt());
        return onDevice(() -> reader.readNegative(scratch, prompt));
    }

    private Conditioning onDevice(Supplier<Conditioning> reading) {
        return components.lane().callNoGrad(DeviceLane.Priority.SERVING, reading);
    }

    /**
     * Waits for the piece of work that has the device: memory must not go away under a running kernel. A running swap ends first, because it
     * needs the device itself.
     */
    @Override
    public void close() {
        slot.group().betweenSwaps(() -> components.lane().run(DeviceLane.Priority.SERVING, this::free));
    }

    private void free() {
        batcher.close();
        embeddings.close();
        routed.close();
        slot.close();
        unetSlot.close();
        components.tokenizer().close();
        if (secondSlot != null) {
            secondSlot.close();
            components.secondEncoder().tokenizer().close();
        }
        manager.close();
    }
}
