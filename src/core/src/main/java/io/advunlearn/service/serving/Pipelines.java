package io.advunlearn.service.serving;

import io.advunlearn.pipeline.Retention;
import io.advunlearn.registry.EncoderRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The served pipelines by name, and the thread on which they follow the registry. */
public final class Pipelines implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);
    private static final int STOP_SECONDS = 30;

    private final EncoderRegistry registry;
    private final Limits limits;
    private final Retention retention;
    private final Observers observers;
    private final Map<String, ServedPipeline> pipelines = new ConcurrentSkipListMap<>();
    private final Consumer<ServedPipeline> whenLoaded;
    /** A look that is still to come sees every change. */
    private final AtomicBoolean lookPending = new AtomicBoolean();
    private volatile Runnable looked = () -> { };
    private volatile EncoderRegistry.Watch watch = EncoderRegistry.Watch.NONE;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(Pipelines::thread);

    /** With the usual retention. */
    public Pipelines(EncoderRegistry registry, Limits limits, Observers observers, Consumer<ServedPipeline> whenLoaded) {
        this(registry, limits, Retention.SERVING, observers, whenLoaded);
    }

    /**
     * @param retention how long replaced encoders stay in memory
     * @param whenLoaded told of every pipeline that can be used from now on
     */
    public Pipelines(EncoderRegistry registry, Limits limits, Retention retention, Observers observers, Consumer<ServedPipeline> whenLoaded) {
        this.registry = registry;
        this.limits = limits;
        this.retention = retention;
        this.observers = observers;
        this.whenLoaded = whenLoaded;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "advunlearn-reconciler");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Looks at the registry from now on, and at once where it is told of a change.
     *
     * @param interval between two looks
     * @param afterwards called whenever what is served may have changed
     */
    public void follow(Duration interval, Runnable afterwards) {
        looked = afterwards;
        executor.scheduleWithFixedDelay(this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        watch = registry.watch(this::lookSoon);
    }

    private void lookSoon() {
        if (lookPending.compareAndSet(false, true)) {
            try {
                executor.execute(() -> {
                    lookPending.set(false);
                    look();
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("The registry is followed no more", e);
            }
        }
    }

    private void look() {
        for (ServedPipeline pipeline : pipelines.values()) {
            pipeline.reconcile();
            looked.run();
        }
    }

    /**
     * Lists a pipeline and loads it in the background, one after the other, so that the host answers health checks meanwhile.
     * One that cannot be loaded stays listed and says so.
     *
     * @throws IllegalStateException if there is one of that name
     */
    public void add(String name, PipelineSettings settings) {
        add(name, settings, Map.of());
    }

    /**
     * As the other form.
     *
     * @param routes encoders by tenant, as long as the registry says nothing of routes
     * @throws IllegalArgumentException if a tenant's name is not acceptable
     */
    public void add(String name, PipelineSettings settings, Map<String, String> routes) {
        ServedPipeline pipeline = list(name, settings);
        pipeline.initialRoutes(routes);
        executor.execute(() -> {
            try {
                load(pipeline);
            } catch (RuntimeException | LinkageError e) {
                pipeline.failed(e.getMessage());
                LOG.error("Pipeline {} could not be loaded from {}", name, settings.modelDirectory(), e);
            }
        });
    }

    /**
     * As {@link #add}, on the caller's thread. One that cannot be loaded is not listed.
     *
     * @throws IllegalStateException if there is one of that name
     * @throws RuntimeException if it cannot be loaded
     */
    public ServedPipeline load(String name, PipelineSettings settings) {
        ServedPipeline pipeline = list(name, settings);
        try {
            load(pipeline);
            return pipeline;
        } catch (RuntimeException | LinkageError e) {
            remove(pipeline);
            pipeline.close();
            throw e;
        }
    }

    private ServedPipeline list(String name, PipelineSettings settings) {
        ServedPipeline pipeline = new ServedPipeline(name, settings, limits, retention, registry, observers, () -> looked.run());
        if (pipelines.putIfAbsent(name, pipeline) != null) {
            pipeline.close();
            throw new IllegalStateException("there is a pipeline " + name + " already");
        }
        return pipeline;
    }

    private void load(ServedPipeline pipeline) {
        long start = System.nanoTime();
        pipeline.load();
        looked.run();
        LOG.info("Pipeline {} is loaded from {} in {} ms", pipeline.name(), pipeline.settings().modelDirectory(),
                (System.nanoTime() - start) / 1_000_000);
        whenLoaded.accept(pipeline);
    }

    /** Takes a pipeline off the list; the caller closes it. */
    public void remove(ServedPipeline pipeline) {
        pipelines.remove(pipeline.name(), pipeline);
    }

    /** All of them, by name. */
    public Collection<ServedPipeline> all() {
        return pipelines.values();
    }

    public Optional<ServedPipeline> find(String name) {
        return Optional.ofNullable(pipelines.get(name));
    }

    /** The names, for messages. */
    public String names() {
        return String.join(", ", pipelines.keySet());
    }

    @Override
    public void close() {
        watch.close();
        executor.shutdownNow();
        try {
            executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pipelines.values().forEach(ServedPipeline::close);
    }
}
