package io.advunlearn.service.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.Tracing;
import io.advunlearn.tensor.DeviceMemory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs erasures and evaluations: one at a time on each device, the others wait in the order of their arrival. Each is this replica's as long as its
 * lease lasts, from the moment it is queued.
 */
public final class DeviceJobs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeviceJobs.class);
    private static final int STOP_SECONDS = 30;
    private static final long CANCEL_MILLIS = 500;
    /** Heartbeats must not wait until somebody has looked at all jobs. */
    private static final int TIMER_THREADS = 2;

    private final Map<String, ExecutorService> executors = new ConcurrentHashMap<>();
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(TIMER_THREADS, work -> daemon(work, "advunlearn-claims"));
    private final Observers observers;
    private final JobLeases leases;
    private volatile boolean closing;

    /** A job that is queued or running here. */
    private static final class Entry {

        private final JobDirectory job;
        private final String kind;
        private final ServedPipeline pipeline;
        private final CancellationToken token;
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean running;
        private volatile boolean interrupted;

        Entry(JobDirectory job, CancellationToken token, String kind, ServedPipeline pipeline) {
            this.job = job;
            this.token = token;
            this.kind = kind;
            this.pipeline = pipeline;
        }
    }

    /**
     * @param observers are told of the jobs
     * @param claims which replica runs which job
     * @param replica this process's name
     * @param lease how long nothing must have been heard of a replica before another takes its jobs
     */
    public DeviceJobs(Observers observers, JobClaims claims, String replica, Duration lease) {
        this.observers = observers;
        leases = new JobLeases(claims, replica, lease);
        every(leases.interval().toMillis(), leases::beat);
        every(CANCEL_MILLIS, this::cancelAsked);
    }

    private void every(long millis, Runnable work) {
        timer.scheduleWithFixedDelay(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                // a job may have used up the memory; without heartbeats all others would be lost as well
                LOG.warn("The jobs could not be looked after; it is tried again: {}", e.toString());
            }
        }, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Looks for jobs of replicas that are gone from now on. */
    public void follow(Runnable takeOver) {
        every(leases.interval().toMillis(), () -> {
            if (!closing) {
                takeOver.run();
            }
        });
    }

    /** Another replica may have been asked. */
    private void cancelAsked() {
        entries.values().stream().filter(entry -> entry.job.isAskedToCancel()).forEach(entry -> entry.token.cancel());
    }

    JobLeases leases() {
        return leases;
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
     * @param lease that this replica has of it; given up when it is over
     * @param kind {@code erasure} or {@code evaluation}
     * @param replica this process's name
     * @param pipeline the pipeline whose device it needs
     * @param work what to do with the job's directory; gives the job's result
     */
    void submit(JobDirectory unheld, JobLeases.Lease lease, String kind, String replica, ServedPipeline pipeline, Work work) {
        JobDirectory job = unheld.heldBy(lease);
        Entry entry = new Entry(job, new CancellationToken(lease::isLost), kind, pipeline);
        try {
            job.dropCutLine();
            job.write(job.status().queuedAgain(replica));
            job.append("state", Map.of("state", JobState.QUEUED, "replica", replica));
            entries.put(job.id(), entry);
            executors.computeIfAbsent(pipeline.settings().device(), device -> Executors.newSingleThreadExecutor(run -> daemon(run, "advunlearn-jobs-" + device)))
                    .execute(observers.tracing().carried(() -> run(entry, lease, work)));
        } catch (RuntimeException e) {
            entries.remove(job.id(), entry);
            lease.release();
            throw e;
        }
    }

    /** What a job does. */
    interface Work {

        /** @return its result */
        Map<String, Object> run(JobDirectory job, CancellationToken token);
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Asks a queued or running job of this process to stop, if there is one of this id. */
    void cancel(String id) {
        Entry entry = entries.get(id);
        if (entry != null) {
            entry.token.cancel();
        }
    }

    private void run(Entry entry, JobLeases.Lease lease, Work work) {
        entry.running = true;
        Tracing.Span span = observers.tracing().start(entry.kind + " " + entry.pipeline.name()).with("advunlearn.job.id", entry.job.id())
                .with("gen_ai.request.model", entry.pipeline.name());
        try (Tracing.Scope scope = span.enter()) {
            if (!entry.interrupted) {
                work(entry, work);
            }
        } catch (RuntimeException | Error e) {
            span.failed(e);
            conclude(entry, e);
        } finally {
            span.end();
            entries.remove(entry.job.id(), entry);
            lease.release();
            entry.done.countDown();
        }
    }

    /**
     * Runs a job as a part of another: on its thread, and under its lease.
     *
     * @param job held as the other is
     * @param whole the other's
     * @throws CancellationException if either was cancelled
     * @throws RuntimeException why it failed
     */
    void runWithin(JobDirectory job, CancellationToken whole, String kind, String replica, ServedPipeline pipeline, Work work) {
        Entry entry = new Entry(job, whole.part(), kind, pipeline);
        entries.put(job.id(), entry);
        entry.running = true;
        try {
            job.dropCutLine();
            job.write(job.status().queuedAgain(replica));
            work(entry, work);
        } catch (RuntimeException | Error e) {
            conclude(entry, e);
            throw e;
        } finally {
            entries.remove(job.id(), entry);
            entry.done.countDown();
        }
    }

    private void work(Entry entry, Work work) {
        JobDirectory job = entry.job;
        if (job.isAskedToCancel()) {
            entry.token.cancel();
        }
        entry.token.throwIfCancelled();
        enter(entry, job.status().running());
        enter(entry, job.status().succeeded(work.run(job, entry.token)));
    }

    private void conclude(Entry entry, Throwable thrown) {
        JobDirectory job = entry.job;
        try {
            if (!(thrown instanceof CancellationException)) {
                LOG.error("Job {} failed", job.id(), thrown);
                enter(entry, job.status().failed(reason(thrown)));
            } else if (!entry.interrupted) {
                // An interrupted job stays "running" on disk, so that whoever takes it goes on with it.
                enter(entry, job.status().cancelled());
            }
        } catch (ClaimLostException e) {
            LOG.warn("Job {} stops here: this replica could not renew its claim, and another may have taken it", job.id());
        }
    }

    /** Arguments and states are worded for people; anything else might show what it should not. */
    private static String reason(Throwable e) {
        if (DeviceMemory.isExhausted(e)) {
            return "there was not enough memory; smaller batches (eraseBatch, retainBatch) or checkpointing need less";
        }
        return e instanceof IllegalArgumentException || e instanceof RegistryException || e instanceof JobFailedException ? e.getMessage()
                : "internal error; the log has the details";
    }

    private void enter(Entry entry, JobStatus status) {
        JobDirectory job = entry.job;
        job.renew();
        job.write(status);
        job.append("state", status.error() == null ? Map.of("state", status.state())
                : Map.of("state", status.state(), "error", status.error()));
        LOG.info("Job {} is {}", job.id(), status.state().word());
        if (status.state().isFinal()) {
            observers.metrics().jobFinished(entry.kind, status.state().word());
            observers.events().jobFinished(entry.kind, job.id(), entry.pipeline.name(), status.state().word());
        }
    }

    /** Whether a job has the device, or waits for it. */
    boolean isBusy(String device) {
        return entries.values().stream().anyMatch(entry -> entry.pipeline.settings().device().equals(device));
    }

    /** Stops a pipeline's jobs, whose memory is about to be freed. On disk they stay unfinished: whoever serves the pipeline next goes on with them. */
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
        closing = true;
        interrupt(entry -> true);
        timer.shutdownNow();
        executors.values().forEach(ExecutorService::shutdownNow);
    }
}
