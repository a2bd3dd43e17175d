package io.advunlearn.quarkus.serving;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.registry.EncoderRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The configured pipelines. They load one after the other on a thread of their own, so that the server answers health checks
 * meanwhile.
 */
@ApplicationScoped
public class PipelineManager {

    private static final Logger LOG = Logger.getLogger(PipelineManager.class);
    private static final int STOP_SECONDS = 30;

    private final AdvUnlearnConfig config;
    private final MeterRegistry meters;
    private final Map<String, ServedPipeline> pipelines = new TreeMap<>();
    private final EncoderRegistry registry;
    private final Event<PipelineLoaded> loadedEvent;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
            runnable -> new Thread(runnable, "advunlearn-reconciler"));

    PipelineManager(AdvUnlearnConfig config, EncoderRegistry registry, MeterRegistry meters, Event<PipelineLoaded> loadedEvent) {
        this.config = config;
        this.registry = registry;
        this.meters = meters;
        this.loadedEvent = loadedEvent;
    }

    void start(@Observes StartupEvent event) {
        DjlSettings.apply(config);
        config.pipelines().forEach((name, pipeline) -> pipelines.put(name, new ServedPipeline(name, pipeline, config.limits(), registry, meters)));
        if (pipelines.isEmpty()) {
            LOG.warn("No pipeline is configured (quarkus.advunlearn.pipelines.<name>.model-directory)");
        }
        executor.execute(() -> pipelines.values().forEach(this::load));
        long interval = config.reconcileInterval().toMillis();
        executor.scheduleWithFixedDelay(() -> pipelines.values().forEach(ServedPipeline::reconcile), interval, interval, TimeUnit.MILLISECONDS);
    }

    private void load(ServedPipeline pipeline) {
        long start = System.nanoTime();
        try {
            pipeline.load();
            LOG.infof("Pipeline %s is loaded from %s in %.1f s", pipeline.name(), pipeline.config().modelDirectory(),
                    (System.nanoTime() - start) / 1e9);
            loadedEvent.fire(new PipelineLoaded(pipeline));
        } catch (RuntimeException | LinkageError e) {
            pipeline.failed(e.getMessage());
            LOG.errorf(e, "Pipeline %s could not be loaded from %s", pipeline.name(), pipeline.config().modelDirectory());
        }
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        executor.shutdownNow();
        executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        pipelines.values().forEach(ServedPipeline::close);
    }

    /** All of them, by name. */
    public Collection<ServedPipeline> all() {
        return pipelines.values();
    }

    public Optional<ServedPipeline> find(String name) {
        return Optional.ofNullable(pipelines.get(name));
    }
}
