package io.advunlearn.service.serving;

import ai.djl.Device;
import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.Retention;
import io.advunlearn.pipeline.RoutedEncoders;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.pipeline.SwapRehearsal;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.ConflictException;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.RegistryUnavailableException;
import io.advunlearn.registry.ReplicaReport;
import io.advunlearn.registry.RouteReconciler;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.filter.OutputFilter;
import io.advunlearn.tensor.Devices;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
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
    private final Retention retention;
    private final WorkQueue queue;
    private final Observers observers;
    private final ObservedSwaps swaps;
    private final Instant createdAt = Instant.now();
    private final EncoderRegistry registry;
    private volatile TextToImagePipeline pipeline;
    private volatile PipelineReconciler reconciler;
    private volatile RouteReconciler routes;
    private volatile Map<String, PipelineRoutes.Route> initialRoutes = Map.of();
    private volatile OutputFilter filter;
    private volatile String failure;
    private volatile String reconcileFailure;
    /** As the failure, and while the registry cannot be reached, which is no reason to stop serving. */
    private volatile String lookFailure;
    private volatile boolean followed;
    private final Runnable changed;
    private final Object announcing = new Object();
    private List<EncoderVersion> announced = List.of();
    private volatile Instant servingSince;
    private boolean announcedReady;
    private String routeFailure;
    private boolean closed;

    ServedPipeline(String name, PipelineSettings settings, Limits limits, Retention retention, EncoderRegistry registry, Observers observers,
            Runnable changed) {
        this.name = name;
        this.settings = settings;
        this.limits = limits;
        this.retention = retention;
        this.registry = registry;
        this.observers = observers;
        this.changed = changed;
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

    /** Of its requests. */
    public Limits limits() {
        return limits;
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
        if (loaded.unreadable().isPresent()) {
            return loaded.unreadable();
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

    /** Its frozen parts; empty while it is not loaded. */
    public Optional<PipelineComponents> components() {
        return Optional.ofNullable(pipeline).map(TextToImagePipeline::components);
    }

    /** Pixels of its images; empty while it is not loaded. */
    public Optional<ImageSize> imageSize() {
        return components().map(PipelineComponents::imageSize);
    }

    /** As {@link #encoderVersion()}, of the encoder that draws for somebody; empty if there is none, or who it is decides nothing. */
    public Optional<String> encoderVersion(Identity caller) {
        RouteReconciler known = routes;
        if (known == null) {
            return Optional.empty();
        }
        if (!isRouted(caller)) {
            return known.routes().containsKey(PipelineRoutes.CANARY) ? Optional.empty() : encoderVersion();
        }
        return pipeline().routedEncoders().status(caller.tenant()).filter(status -> status.unavailable() == null)
                .map(status -> status.encoder() + (status.textEncoder2() == null ? "" : EncoderVersion.SEPARATOR + status.textEncoder2()));
    }

    /** The encoder in use, or both in SDXL, with its digest, as {@code X-Encoder-Version} says it; empty if there is none. */
    public Optional<String> encoderVersion() {
        return Optional.ofNullable(pipeline).map(TextToImagePipeline::encoders).filter(encoders -> encoders.get(0).unavailable() == null)
                .map(encoders -> encoders.stream().map(status -> status.version().toString()).collect(Collectors.joining(EncoderVersion.SEPARATOR)));
    }

    /**
     * Queues a generation, to be drawn by the encoder to which the caller's requests are routed. Nothing in the request has a say in that. What the
     * pipeline's filter withholds is black.
     *
     * @throws BusyException if the queue is full
     * @throws PipelineNotReadyException while loading, or if loading failed
     * @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it, or the caller's route has none that does
     */
    public WorkQueue.Ticket<FilteredImages> draw(GenerationRequest request, Identity caller) {
        return draw(request, caller, StepListener.NONE);
    }

    /** As the other form. @param listener told of every step, and of previews unless the filter withholds */
    public WorkQueue.Ticket<FilteredImages> draw(GenerationRequest request, Identity caller, StepListener listener) {
        TextToImagePipeline loaded = pipeline();
        refuseBeforeQueueing(loaded, caller);
        Supplier<String> route = () -> routes.choose(caller.tenant(), sticky(caller)).orElse(null);
        ObservedGeneration observed = new ObservedGeneration(name, request, observers);
        try {
            WorkQueue.Ticket<FilteredImages> ticket = queue.submit(token -> filtered(listener,
                    told -> observed.draw(() -> loaded.generate(request, route, told, observed, token))));
            ticket.result().whenComplete((images, failure) -> observed.done(failure));
            return ticket;
        } catch (RuntimeException e) {
            observed.refused(e);
            throw e;
        }
    }

    /**
     * Queues a generation by encoders that need not be active, nor meet the floor: for administrators alone. It takes its turn with all others, and the
     * pipeline's filter holds for it too.
     *
     * @param encoders registered ones, or {@code base}; what is {@code null} is the model's own
     * @throws BusyException if the queue is full
     * @throws PipelineNotReadyException while loading, or if loading failed
     */
    public WorkQueue.Ticket<FilteredImages> preview(GenerationRequest request, EncoderPair encoders) {
        TextToImagePipeline loaded = pipeline();
        requireReadable(loaded);
        return queue.submit(token -> filtered(StepListener.NONE,
                told -> loaded.preview(request, source(encoders.encoder()), source(encoders.textEncoder2()), told, token)));
    }

    private ComponentSource source(String encoder) {
        return encoder == null || encoder.equals(ComponentSnapshot.BASE_ID) ? null : registry.verify(encoder).source(registry.directory(encoder));
    }

    private FilteredImages filtered(StepListener listener, Function<StepListener, GenerationResult> drawing) {
        OutputFilter chosen = filter;
        if (chosen == null) {
            return new FilteredImages(drawing.apply(listener), List.of());
        }
        return chosen.filter(drawing.apply(chosen.withholds() ? listener.withoutPreviews() : listener));
    }

    private boolean isRouted(Identity caller) {
        return caller.tenant() != null && routes.routes().containsKey(caller.tenant());
    }

    /** Who always falls on the same side of a canary's share. */
    private static String sticky(Identity caller) {
        return caller.isAnonymous() ? null : caller.tenant() == null ? caller.name() : caller.tenant();
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

    /** Distilled models take few steps. @throws IllegalArgumentException saying which numbers of steps are accepted */
    public void checkSteps(GenerationRequest request) {
        scheduler(request).calls(request.steps());
    }

    /** What draws it. @throws IllegalArgumentException if the model cannot be run by the scheduler that is asked for */
    public Scheduler scheduler(GenerationRequest request) {
        Scheduler own = pipeline().components().scheduler();
        return request.scheduler() == null ? own : own.as(request.scheduler());
    }

    /** What is known to be refused later. Of a share of the requests nothing is known yet. */
    private void refuseBeforeQueueing(TextToImagePipeline loaded, Identity caller) {
        requireReadable(loaded);
        if (isRouted(caller)) {
            if (loaded.routedEncoders().status(caller.tenant()).map(RoutedEncoders.Status::unavailable).isPresent()) {
                throw RoutedEncoders.unavailable(name);
            }
        } else if (!routes.routes().containsKey(PipelineRoutes.CANARY) && loaded.slot().status().unavailable() != null) {
            throw new EncoderUnavailableException("no encoder that meets the requirements of " + name + " is active");
        }
    }

    private void requireReadable(TextToImagePipeline loaded) {
        loaded.unreadable().ifPresent(reason -> {
            throw new PipelineNotReadyException("model " + name + " cannot be used: " + reason);
        });
    }

    /** Makes encoders the desired and active ones; see {@link PipelineReconciler#promote(EncoderPair, String, boolean)}. */
    public SwapResult promote(EncoderPair encoders, String principal, boolean weaken) {
        return swaps.run("promote", () -> reconciler().promote(encoders, principal, weaken));
    }

    /** Tries a promotion and changes nothing; see {@link PipelineReconciler#rehearse(EncoderPair, String, boolean)}. */
    public SwapRehearsal rehearse(EncoderPair encoders, String principal, boolean weaken) {
        return reconciler().rehearse(encoders, principal, weaken);
    }

    /** Back to the encoders before; see {@link PipelineReconciler#rollback(String, boolean)}. */
    public SwapResult rollback(String principal, boolean weaken) {
        return swaps.run("rollback", () -> reconciler().rollback(principal, weaken));
    }

    private PipelineReconciler reconciler() {
        pipeline();
        return reconciler;
    }

    /** Whose requests other encoders draw. @throws PipelineNotReadyException while loading, or if loading failed */
    public RouteReconciler routes() {
        pipeline();
        return routes;
    }

    /** What the routes are while the registry says nothing. @param encoders by tenant */
    void initialRoutes(Map<String, String> encoders) {
        Map<String, PipelineRoutes.Route> initial = new LinkedHashMap<>();
        encoders.forEach((tenant, encoder) -> {
            if (!PipelineRoutes.isTenant(tenant)) {
                throw new IllegalArgumentException("pipelines." + name + ".routes: a tenant must match " + PipelineRoutes.tenantPattern() + ", not " + tenant);
            }
            initial.put(tenant, new PipelineRoutes.Route(encoder, null, null));
        });
        initialRoutes = initial;
    }

    void load() {
        TextToImagePipeline loaded = TextToImagePipeline.load(name, settings.modelDirectory(), settings.checkpoint(), Devices.byName(settings.device()),
                ErasureFloor.of(settings.requiredErasures()), settings.enforce());
        loaded.tune(settings.tuning());
        loaded.slot().retain(retention);
        loadFilter(loaded);
        routes = new RouteReconciler(name, registry, loaded);
        observers.metrics().sharing(name, loaded::sharing);
        observers.metrics().loadedEncoders(name, loaded::loadedEncoders);
        Device device = loaded.components().device();
        observers.metrics().deviceMemory(settings.device(), () -> Devices.usedMemory(device));
        reconciler = new PipelineReconciler(name, registry, loaded);
        pipeline = loaded;
        reconcile();
    }

    /** Before anything can be drawn. */
    private void loadFilter(TextToImagePipeline loaded) {
        try {
            filter = settings.outputFilter().map(wanted -> OutputFilter.load(name, wanted, loaded.components(),
                    (outcome, count) -> observers.metrics().filtered(name, outcome, count))).orElse(null);
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
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
        pipeline.slot().releaseExpired();
        try {
            Optional<EncoderPair> initial = settings.encoders();
            if (initial.isPresent() && registry.state(name).isEmpty()) {
                swaps.run("initial", () -> to.promote(initial.get(), "configuration", false));
            } else {
                swaps.runIfNeeded("reconcile", to::reconcile);
            }
            reconcileFailure = null;
            lookFailure = null;
            followed = true;
            announce();
        } catch (SwapInProgressException e) {
            LOG.debug("Pipeline {}: {}", name, e.getMessage());
        } catch (RegistryUnavailableException e) {
            unreachable(e);
        } catch (RuntimeException e) {
            if (!Objects.equals(reconcileFailure, e.getMessage())) {
                LOG.error("Pipeline {} does not serve the encoder that the registry wants: {}", name, e.getMessage());
            }
            reconcileFailure = String.valueOf(e.getMessage());
            lookFailure = reconcileFailure;
            announce();
        }
    }

    /** What the registry wanted last goes on being served, if that is known. */
    private void unreachable(RegistryUnavailableException e) {
        if (lookFailure == null) {
            LOG.warn("Pipeline {} cannot look at the registry and goes on with what it has: {}", name, e.getMessage());
        }
        lookFailure = e.getMessage();
        if (!followed) {
            reconcileFailure = lookFailure;
        }
    }

    /** What this pipeline serves, to be told to the other replicas. */
    ReplicaReport.Served served() {
        TextToImagePipeline loaded = pipeline;
        RouteReconciler known = routes;
        if (loaded == null || known == null) {
            return new ReplicaReport.Served(name, failure == null ? ReplicaReport.Served.LOADING : ReplicaReport.Served.FAILED, 0, 0, List.of(), null,
                    failure == null ? null : "could not be loaded; the replica's log has the reason");
        }
        List<EncoderVersion> encoders = loaded.encoders().stream().map(ComponentSlot.Status::version).toList();
        return new ReplicaReport.Served(name, notReady().isEmpty() ? ReplicaReport.Served.READY : ReplicaReport.Served.NOT_READY,
                encoders.get(0).generation(), known.generation(), encoders, servingSince, lookFailure);
    }

    /** Tells which encoder serves, and that the pipeline is ready if it was not before. */
    private void announce() {
        synchronized (announcing) {
            List<EncoderVersion> serving = pipeline().encoders().stream().map(ComponentSlot.Status::version).toList();
            if (!serving.equals(announced)) {
                observers.metrics().encoders(name, serving);
                announced = serving;
                servingSince = Instant.now();
            }
            boolean before = announcedReady;
            announcedReady = notReady().isEmpty();
            if (announcedReady && !before) {
                observers.events().pipelineReady(this);
            }
        }
        reconcileRoutes();
        changed.run();
    }

    /** After the pipeline's state, which has its part in the floor. A tenant whose route is refused is no reason not to serve the others. */
    private void reconcileRoutes() {
        try {
            routes.reconcile(initialRoutes);
            routeFailure = null;
        } catch (SwapInProgressException | ConflictException e) {
            LOG.debug("Pipeline {}: {}", name, e.getMessage());
        } catch (RuntimeException e) {
            if (!Objects.equals(routeFailure, e.getMessage())) {
                LOG.error("Pipeline {} does not know the routes that the registry wants: {}", name, e.getMessage());
            }
            routeFailure = String.valueOf(e.getMessage());
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
