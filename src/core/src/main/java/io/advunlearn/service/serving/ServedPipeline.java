package io.advunlearn.service.serving;

import ai.djl.Device;
import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import io.advunlearn.tensor.Devices;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A served pipeline: loading, ready or failed, with the queue before it. */
public final class ServedPipeline implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServedPipeline.class);

    private final String name;
    private final PipelineSettings settings;
    private final Limits limits;
    private final WorkQueue queue;
    private final Observers observers;
    private final ObservedSwaps swaps;
    private final Instant createdAt = Instant.now();
    private final EncoderRegistry registry;
    private volatile TextToImagePipeline pipeline;
    private volatile PipelineReconciler reconciler;
    private volatile String failure;
    private volatile String reconcileFailure;
    private final Object announcing = new Object();
    private List<EncoderVersion> announced = List.of();
    private boolean announcedReady;
    private boolean closed;

    ServedPipeline(String name, PipelineSettings settings, Limits limits, EncoderRegistry registry, Observers observers) {
        this.name = name;
        this.settings = settings;
        this.limits = limits;
        this.registry = registry;
        this.observers = observers;
        swaps = new ObservedSwaps(name, observers, this::announce);
        queue = new WorkQueue("advunlearn-" + name, limits.concurrency(), limits.queueSize(), limits.queueWait());
        observers.metrics().queue(name, queue::depth, queue::active);
    }

    public String name() {
        return name;
    }

    public PipelineSettings settings() {
        return settings;
    }

    /** When this process began to serve it. */
    public Instant createdAt() {
        return createdAt;
    }

    /** Why the pipeline is not ready, in a few words; empty if it is loaded and serves the encoder that the registry wants. */
    public Optional<String> notReady() {
        TextToImagePipeline loaded = pipeline;
        if (loaded == null) {
            return Optional.of(failure == null ? "loading" : "could not be loaded");
        }
        String unavailable = loaded.slot().status().unavailable();
        return Optional.ofNullable(unavailable != null ? unavailable : reconcileFailure);
    }

    /** As {@link #notReady}, for everybody: without what the file system or another library had to say. */
    public Optional<String> notReadyInPublic() {
        TextToImagePipeline loaded = pipeline;
        boolean refused = loaded != null && loaded.slot().status().unavailable() == null && reconcileFailure != null;
        return refused ? Optional.of("the encoder that the registry wants could not be activated; the log has the reason") : notReady();
    }

    /** Whether the first attempt to load it is over, however it ended. */
    public boolean started() {
        return pipeline != null || failure != null;
    }

    /** @throws PipelineNotReadyException while loading, or if loading failed */
    public TextToImagePipeline pipeline() {
        TextToImagePipeline loaded = pipeline;
        if (loaded == null) {
            throw new PipelineNotReadyException("model " + name + (failure == null ? " is still loading" : " could not be loaded"));
        }
        return loaded;
    }

    /** Pixels of its images; empty while it is not loaded. */
    public Optional<ImageSize> imageSize() {
        return Optional.ofNullable(pipeline).map(loaded -> loaded.components().imageSize());
    }

    /** The encoder in use, or both in SDXL, with its digest, as {@code X-Encoder-Version} says it; empty if there is none. */
    public Optional<String> encoderVersion() {
        return Optional.ofNullable(pipeline).map(TextToImagePipeline::encoders).filter(encoders -> encoders.get(0).unavailable() == null)
                .map(encoders -> encoders.stream().map(status -> status.version().toString()).collect(Collectors.joining(EncoderVersion.SEPARATOR)));
    }

    /**
     * Queues a generation.
     *
     * @throws BusyException if the queue is full
     * @throws PipelineNotReadyException while loading, or if loading failed
     * @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it
     */
    public WorkQueue.Ticket<GenerationResult> generate(GenerationRequest request) {
        TextToImagePipeline loaded = pipeline();
        refuseBeforeQueueing(loaded);
        ObservedGeneration observed = new ObservedGeneration(name, request, observers);
        try {
            WorkQueue.Ticket<GenerationResult> ticket = queue.submit(
                    token -> observed.draw(() -> loaded.generate(request, StepListener.NONE, observed, token)));
            ticket.result().whenComplete(observed::done);
            return ticket;
        } catch (RuntimeException e) {
            observed.refused(e);
            throw e;
        }
    }

    /** @throws IllegalArgumentException if the pipeline does not draw images of that size */
    public void checkSize(ImageSize size) {
        PipelineComponents parts = pipeline().components();
        long most = limits.pixels(parts.imageSize());
        if (size.pixels() > most) {
            throw new IllegalArgumentException("model " + name + " draws at most " + most + " pixels an image, not " + size + "; it draws best at " + parts.imageSize());
        }
        parts.checkSize(size);
    }

    private void refuseBeforeQueueing(TextToImagePipeline loaded) {
        if (loaded.slot().status().unavailable() != null) {
            throw new EncoderUnavailableException("no encoder that meets the requirements of " + name + " is active");
        }
    }

    /** Makes encoders the desired and active ones; see {@link PipelineReconciler#promote(EncoderPair, String, boolean)}. */
    public SwapResult promote(EncoderPair encoders, String principal, boolean weaken) {
        return swaps.run("promote", () -> reconciler().promote(encoders, principal, weaken));
    }

    /** Back to the encoders before; see {@link PipelineReconciler#rollback(String, boolean)}. */
    public SwapResult rollback(String principal, boolean weaken) {
        return swaps.run("rollback", () -> reconciler().rollback(principal, weaken));
    }

    private PipelineReconciler reconciler() {
        pipeline();
        return reconciler;
    }

    void load() {
        TextToImagePipeline loaded = TextToImagePipeline.load(name, settings.modelDirectory(), settings.checkpoint(), Devices.byName(settings.device()),
                ErasureFloor.of(settings.requiredErasures()), settings.enforce());
        loaded.tune(settings.tuning());
        observers.metrics().sharing(name, loaded::sharing);
        observers.metrics().loadedEncoders(name, loaded::loadedEncoders);
        Device device = loaded.components().device();
        observers.metrics().deviceMemory(settings.device(), () -> Devices.usedMemory(device));
        reconciler = new PipelineReconciler(name, registry, loaded);
        pipeline = loaded;
        reconcile();
    }

    void failed(String reason) {
        failure = String.valueOf(reason);
    }

    /** Follows the registry; the settings' encoders count only while the registry says nothing. */
    synchronized void reconcile() {
        PipelineReconciler to = reconciler;
        if (to == null || closed) {
            return;
        }
        try {
            Optional<EncoderPair> initial = settings.encoders();
            if (initial.isPresent() && registry.state(name).isEmpty()) {
                swaps.run("initial", () -> to.promote(initial.get(), "configuration", false));
            } else {
                swaps.runIfNeeded("reconcile", to::reconcile);
            }
            reconcileFailure = null;
            announce();
        } catch (SwapInProgressException e) {
            LOG.debug("Pipeline {}: {}", name, e.getMessage());
        } catch (RuntimeException e) {
            if (!Objects.equals(reconcileFailure, e.getMessage())) {
                LOG.error("Pipeline {} does not serve the encoder that the registry wants: {}", name, e.getMessage());
            }
            reconcileFailure = String.valueOf(e.getMessage());
            announce();
        }
    }

    /** Tells which encoder serves, and that the pipeline is ready if it was not before. */
    private void announce() {
        synchronized (announcing) {
            List<EncoderVersion> serving = pipeline().encoders().stream().map(ComponentSlot.Status::version).toList();
            if (!serving.equals(announced)) {
                observers.metrics().encoders(name, serving);
                announced = serving;
            }
            boolean before = announcedReady;
            announcedReady = notReady().isEmpty();
            if (announcedReady && !before) {
                observers.events().pipelineReady(this);
            }
        }
    }

    /** What waits in the queue is cancelled, what runs is asked to stop and given a moment. */
    @Override
    public void close() {
        queue.close();
        free();
    }

    private synchronized void free() {
        TextToImagePipeline loaded = pipeline;
        if (loaded != null && !closed) {
            loaded.close();
        }
        closed = true;
    }
}
