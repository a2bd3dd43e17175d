package io.advunlearn.service.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.ServedPipeline;
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

    /** A job that is queued or running here. */
    private static final class Entry {

        private final ServedPipeline pipeline;
        private final CancellationToken token = new CancellationToken();
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean interrupted;

        Entry(ServedPipeline pipeline) {
            this.pipeline = pipeline;
        }
    }

    /**
     * Queues a job.
     *
     * @param replica this process's name
     * @param pipeline the pipeline whose device it needs
     * @param work what to do; gives the job's result
     * @throws JobStateException if it is queued or running already
     */
    void submit(JobDirectory job, String replica, ServedPipeline pipeline, Function<CancellationToken, Map<String, Object>> work) {
        Entry entry = new Entry(pipeline);
        if (entries.putIfAbsent(job.id(), entry) != null) {
            throw new JobStateException("job " + job.id() + " is queued or running already");
        }
        job.dropCutLine();
        job.write(job.status().queuedAgain(replica));
        job.append("state", Map.of("state", JobState.QUEUED));
        executors.computeIfAbsent(pipeline.settings().device(), DeviceJobs::executor).execute(() -> run(job, entry, work));
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
        try {
            if (!entry.interrupted) {
                entry.token.throwIfCancelled();
                enter(job, job.status().running());
                enter(job, job.status().succeeded(work.apply(entry.token)));
            }
        } catch (CancellationException e) {
            // An interrupted job stays "running" on disk, so that the next start goes on with it.
            if (!entry.interrupted) {
                enter(job, job.status().cancelled());
            }
        } catch (RuntimeException | Error e) {
            LOG.error("Job {} failed", job.id(), e);
            enter(job, job.status().failed(reason(e)));
        } finally {
            entries.remove(job.id());
            entry.done.countDown();
        }
    }

    /** Arguments and states are worded for people; anything else might show what it should not. */
    private static String reason(Throwable e) {
        return e instanceof IllegalArgumentException || e instanceof RegistryException ? e.getMessage() : "internal error; the log has the details";
    }

    private static void enter(JobDirectory job, JobStatus status) {
        job.write(status);
        job.append("state", status.error() == null ? Map.of("state", status.state())
                : Map.of("state", status.state(), "error", status.error()));
        LOG.info("Job {} is {}", job.id(), status.state().word());
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
