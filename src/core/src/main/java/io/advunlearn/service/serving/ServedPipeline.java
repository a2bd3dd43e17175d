package io.advunlearn.service.serving;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
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
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.filter.OutputFilter;
import io.advunlearn.tensor.Devices;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
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
    private final ServingMetrics metrics;
    private final Instant createdAt = Instant.now();
    private final EncoderRegistry registry;
    private volatile TextToImagePipeline pipeline;
    private volatile PipelineReconciler reconciler;
    private volatile OutputFilter filter;
    private volatile String failure;
    private volatile String reconcileFailure;
    private boolean closed;

    ServedPipeline(String name, PipelineSettings settings, Limits limits, EncoderRegistry registry, ServingMetrics metrics) {
        this.name = name;
        this.settings = settings;
        this.limits = limits;
        this.registry = registry;
        this.metrics = metrics;
        queue = new WorkQueue("advunlearn-" + name, limits.concurrency(), limits.queueSize(), limits.queueWait());
        metrics.queue(name, queue::depth);
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
     * Queues a generation. What the pipeline's filter withholds is black.
     *
     * @throws BusyException if the queue is full
     * @throws PipelineNotReadyException while loading, or if loading failed
     * @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it
     */
    public WorkQueue.Ticket<GenerationResult> generate(GenerationRequest request) {
        TextToImagePipeline loaded = pipeline();
        refuseBeforeQueueing(loaded);
        return queue.submit(token -> draw(loaded, request, StepListener.NONE, token).result());
    }

    /** As {@link #generate(GenerationRequest)}, with the filter's verdicts. @param listener told of every step, and of previews unless the filter withholds */
    public WorkQueue.Ticket<FilteredImages> draw(GenerationRequest request, StepListener listener) {
        TextToImagePipeline loaded = pipeline();
        refuseBeforeQueueing(loaded);
        return queue.submit(token -> draw(loaded, request, listener, token));
    }

    private FilteredImages draw(TextToImagePipeline loaded, GenerationRequest request, StepListener listener, CancellationToken token) {
        OutputFilter chosen = filter;
        if (chosen == null) {
            return new FilteredImages(generate(loaded, request, listener, token), List.of());
        }
        return chosen.filter(generate(loaded, request, chosen.withholds() ? listener.withoutPreviews() : listener, token));
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

    private GenerationResult generate(TextToImagePipeline loaded, GenerationRequest request, StepListener listener, CancellationToken token) {
        long start = System.nanoTime();
        String outcome = "error";
        try {
            GenerationResult result = loaded.generate(request, listener, token);
            metrics.images(name, result.encoderId(), result.images().size());
            outcome = "success";
            return result;
        } catch (CancellationException e) {
            outcome = "cancelled";
            throw e;
        } finally {
            metrics.generation(name, outcome, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /** Makes encoders the desired and active ones; see {@link PipelineReconciler#promote(EncoderPair, String, boolean)}. */
    public SwapResult promote(EncoderPair encoders, String principal, boolean weaken) {
        return counted("promote", () -> reconciler().promote(encoders, principal, weaken));
    }

    /** Back to the encoders before; see {@link PipelineReconciler#rollback(String, boolean)}. */
    public SwapResult rollback(String principal, boolean weaken) {
        return counted("rollback", () -> reconciler().rollback(principal, weaken));
    }

    private PipelineReconciler reconciler() {
        pipeline();
        return reconciler;
    }

    private SwapResult counted(String kind, Supplier<SwapResult> swap) {
        long start = System.nanoTime();
        String outcome = "refused";
        try {
            SwapResult result = swap.get();
            outcome = "success";
            return result;
        } finally {
            metrics.swap(name, kind, outcome, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    void load() {
        TextToImagePipeline loaded = TextToImagePipeline.load(name, settings.modelDirectory(), settings.checkpoint(), Devices.byName(settings.device()),
                ErasureFloor.of(settings.requiredErasures()), settings.enforce());
        loaded.tune(settings.tuning());
        loadFilter(loaded);
        metrics.sharing(name, loaded::sharing);
        reconciler = new PipelineReconciler(name, registry, loaded);
        pipeline = loaded;
        reconcile();
    }

    /** Before anything can be drawn. */
    private void loadFilter(TextToImagePipeline loaded) {
        try {
            filter = settings.outputFilter().map(wanted -> OutputFilter.load(name, wanted, loaded.components(),
                    (outcome, count) -> metrics.filtered(name, outcome, count))).orElse(null);
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    void failed(String reason) {
        failure = reason;
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
                counted("initial", () -> to.promote(initial.get(), "configuration", false));
            } else {
                to.reconcile();
            }
            reconcileFailure = null;
        } catch (SwapInProgressException e) {
            LOG.debug("Pipeline {}: {}", name, e.getMessage());
        } catch (RuntimeException e) {
            if (!Objects.equals(reconcileFailure, e.getMessage())) {
                LOG.error("Pipeline {} does not serve the encoder that the registry wants: {}", name, e.getMessage());
            }
            reconcileFailure = String.valueOf(e.getMessage());
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
            if (filter != null) {
                loaded.components().lane().run(DeviceLane.Priority.SERVING, filter::close);
            }
            loaded.close();
        }
        closed = true;
    }
}
