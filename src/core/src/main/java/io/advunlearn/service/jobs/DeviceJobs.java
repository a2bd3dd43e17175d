package io.advunlearn.service.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.Tracing;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs erasures and evaluations: one at a time on each device, the others wait in the order of their arrival. */
public final class DeviceJobs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeviceJobs.class);
    private static final int STOP_SECONDS = 30;

    private final Map<String, ExecutorService> executors = new ConcurrentHashMap<>();
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final Observers observers;

    /** A job that is queued or running here. */
    private static final class Entry {

        private final String kind;
        private final ServedPipeline pipeline;
        private final CancellationToken token = new CancellationToken();
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean running;
        private volatile boolean interrupted;

        Entry(String kind, ServedPipeline pipeline) {
            this.kind = kind;
            this.pipeline = pipeline;
        }
    }

    /** @param observers are told of the jobs */
    public DeviceJobs(Observers observers) {
        this.observers = observers;
    }

    /** Lets observers count the jobs of a kind. */
    void announce(String kind) {
        observers.metrics().jobs(kind, () -> count(kind, false), () -> count(kind, true));
    }

    private int count(String kind, boolean running) {
        return (int) entries.values().stream().filter(entry -> entry.kind.equals(kind) && entry.running == running).count();
    }

    Observers observers() {
        return observers;
    }

    /**
     * Queues a job.
     *
     * @param kind {@code erasure} or {@code evaluation}
     * @param replica this process's name
     * @param pipeline the pipeline whose device it needs
     * @param work what to do; gives the job's result
     * @throws JobStateException if it is queued or running already
     */
    void submit(JobDirectory job, String kind, String replica, ServedPipeline pipeline, Function<CancellationToken, Map<String, Object>> work) {
        Entry entry = new Entry(kind, pipeline);
        if (entries.putIfAbsent(job.id(), entry) != null) {
            throw new JobStateException("job " + job.id() + " is queued or running already");
        }
        job.dropCutLine();
        job.write(job.status().queuedAgain(replica));
        job.append("state", Map.of("state", JobState.QUEUED));
        executors.computeIfAbsent(pipeline.settings().device(), DeviceJobs::executor)
                .execute(observers.tracing().carried(() -> run(job, entry, work)));
    }

    private static ExecutorService executor(String device) {
        return Executors.newSingleThreadExecutor(runnable -> {
            Thread thread = new Thread(runnable, "advunlearn-jobs-" + device);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Asks a queued or running job of this process to stop. @return false if there is none of this id */
    boolean cancel(String id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            return false;
        }
        entry.token.cancel();
        return true;
    }

    private void run(JobDirectory job, Entry entry, Function<CancellationToken, Map<String, Object>> work) {
        entry.running = true;
        Tracing.Span span = observers.tracing().start(entry.kind + " " + entry.pipeline.name()).with("advunlearn.job.id", job.id())
                .with("gen_ai.request.model", entry.pipeline.name());
        try (Tracing.Scope scope = span.enter()) {
            if (!entry.interrupted) {
                entry.token.throwIfCancelled();
                enter(job, entry, job.status().running());
                enter(job, entry, job.status().succeeded(work.apply(entry.token)));
            }
        } catch (CancellationException e) {
            span.failed(e);
            // An interrupted job stays "running" on disk, so that the next start goes on with it.
            if (!entry.interrupted) {
                enter(job, entry, job.status().cancelled());
            }
        } catch (RuntimeException | Error e) {
            span.failed(e);
            LOG.error("Job {} failed", job.id(), e);
            enter(job, entry, job.status().failed(reason(e)));
        } finally {
            span.end();
            entries.remove(job.id());
            entry.done.countDown();
        }
    }

    /** Arguments and states are worded for people; anything else might show what it should not. */
    private static String reason(Throwable e) {
        return e instanceof IllegalArgumentException || e instanceof RegistryException ? e.getMessage() : "internal error; the log has the details";
    }

    private void enter(JobDirectory job, Entry entry, JobStatus status) {
        job.write(status);
        job.append("state", status.error() == null ? Map.of("state", status.state())
                : Map.of("state", status.state(), "error", status.error()));
        LOG.info("Job {} is {}", job.id(), status.state().word());
        if (status.state().isFinal()) {
            observers.metrics().jobFinished(entry.kind, status.state().word());
            observers.events().jobFinished(entry.kind, job.id(), entry.pipeline.name(), status.state().word());
        }
    }

    /** Stops a pipeline's jobs, whose memory is about to be freed. On disk they stay unfinished: its next load goes on with them. */
    public void interrupt(ServedPipeline pipeline) {
        interrupt(entry -> entry.pipeline == pipeline);
    }

    private void interrupt(Predicate<Entry> which) {
        List<Entry> stopping = entries.values().stream().filter(which).toList();
        for (Entry entry : stopping) {
            entry.interrupted = true;
            entry.token.cancel();
        }
        try {
            for (Entry entry : stopping) {
                entry.done.await(STOP_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Before the pipelines close. */
    @Override
    public void close() {
        interrupt(entry -> true);
        executors.values().forEach(ExecutorService::shutdownNow);
    }
}
