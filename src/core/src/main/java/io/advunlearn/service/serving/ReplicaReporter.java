package io.advunlearn.service.serving;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.ReplicaReport;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the registry what this replica serves: at once when that changes, otherwise at every heartbeat. On a thread of its own: loading a model takes a while. */
public final class ReplicaReporter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaReporter.class);
    private static final int STOP_SECONDS = 5;

    private final EncoderRegistry registry;
    private final String replica;
    private final Duration heartbeat;
    private final Pipelines pipelines;
    private final Instant startedAt = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private final AtomicBoolean pending = new AtomicBoolean();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(ReplicaReporter::thread);
    private ReplicaReport last;
    private boolean failed;

    /** @param heartbeat between two reports when nothing changes */
    public ReplicaReporter(EncoderRegistry registry, String replica, Duration heartbeat, Pipelines pipelines) {
        this.registry = registry;
        this.replica = replica;
        this.heartbeat = heartbeat;
        this.pipelines = pipelines;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "advunlearn-replica");
        thread.setDaemon(true);
        return thread;
    }

    public void start() {
        executor.scheduleWithFixedDelay(() -> report(true), 0, heartbeat.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Reports soon if what is served is not what was reported. */
    public void changed() {
        if (pending.compareAndSet(false, true)) {
            try {
                executor.execute(() -> {
                    pending.set(false);
                    report(false);
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("Nothing is reported any more", e);
            }
        }
    }

    private void report(boolean due) {
        try {
            ReplicaReport now = new ReplicaReport(replica, startedAt, Instant.now().truncatedTo(ChronoUnit.MILLIS), heartbeat.toMillis(),
                    pipelines.all().stream().map(ServedPipeline::served).toList());
            if (due || !now.saysTheSameAs(last)) {
                registry.report(now);
                last = now;
            }
            failed = false;
        } catch (RuntimeException e) {
            if (!failed) {
                LOG.warn("The registry was not told what this replica serves: {}", e.getMessage());
            }
            failed = true;
        }
    }

    /** A replica that stops in order is no dead one. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS) && last != null) {
                registry.withdraw(replica);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RegistryException e) {
            LOG.debug("The registry was not told that this replica stops", e);
        }
    }
}
