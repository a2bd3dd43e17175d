package io.advunlearn.quarkus.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Runs erasures and evaluations: one at a time on each device, the others wait in the order of their arrival. */
@ApplicationScoped
public class DeviceJobs {

    private static final Logger LOG = Logger.getLogger(DeviceJobs.class);
    private static final int STOP_SECONDS = 30;

    private final Map<String, ExecutorService> executors = new ConcurrentHashMap<>();
    private final Map<String, CancellationToken> tokens = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    /**
     * Queues a job.
     *
     * @param replica this process's name
     * @param device the device it needs
     * @param work what to do; gives the job's result
     * @throws JobStateException if it is queued or running already
     */
    void submit(JobDirectory job, String replica, String device, Function<CancellationToken, Map<String, Object>> work) {
        CancellationToken token = new CancellationToken();
        if (tokens.putIfAbsent(job.id(), token) != null) {
            throw new JobStateException("job " + job.id() + " is queued or running already");
        }
        job.dropCutLine();
        job.write(job.status().queuedAgain(replica));
        job.append("state", Map.of("state", JobState.QUEUED));
        executors.computeIfAbsent(device, DeviceJobs::executor).execute(() -> run(job, token, work));
    }

    private static ExecutorService executor(String device) {
        return Executors.newSingleThreadExecutor(runnable -> new Thread(runnable, "advunlearn-jobs-" + device));
    }

    /** Asks a queued or running job of this process to stop. @return false if there is none of this id */
    boolean cancel(String id) {
        CancellationToken token = tokens.get(id);
        if (token == null) {
            return false;
        }
        token.cancel();
        return true;
    }

    private void run(JobDirectory job, CancellationToken token, Function<CancellationToken, Map<String, Object>> work) {
        if (stopping) {
            return;
        }
        try {
            token.throwIfCancelled();
            enter(job, job.status().running());
            enter(job, job.status().succeeded(work.apply(token)));
        } catch (CancellationException e) {
            // A job that the shutdown interrupts stays "running" on disk, so that the next start goes on with it.
            if (!stopping) {
                enter(job, job.status().cancelled());
            }
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "Job %s failed", job.id());
            enter(job, job.status().failed(reason(e)));
        } finally {
            tokens.remove(job.id());
        }
    }

    /** Arguments and states are worded for people; anything else might show what it should not. */
    private static String reason(Throwable e) {
        return e instanceof IllegalArgumentException || e instanceof io.advunlearn.registry.RegistryException
                ? e.getMessage() : "internal error; the log has the details";
    }

    private static void enter(JobDirectory job, JobStatus status) {
        job.write(status);
        job.append("state", status.error() == null ? Map.of("state", status.state())
                : Map.of("state", status.state(), "error", status.error()));
        LOG.infof("Job %s is %s", job.id(), status.state().word());
    }

    /** Before the pipelines close, whose memory the jobs use. */
    void stop(@Observes @Priority(1) ShutdownEvent event) throws InterruptedException {
        stopping = true;
        tokens.values().forEach(CancellationToken::cancel);
        for (ExecutorService executor : executors.values()) {
            executor.shutdown();
            executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        }
    }
}
