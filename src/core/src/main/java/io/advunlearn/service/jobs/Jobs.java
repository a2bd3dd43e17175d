package io.advunlearn.service.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs of one kind: kept on disk, run one after the other on their pipeline's device by the replica that was asked, and continued by any replica
 * that serves the pipeline when that one is gone.
 *
 * @param <O> what {@code request.json} holds
 */
public abstract class Jobs<O> {

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);
    /** Whoever ran a job that is over gives it up a moment later. */
    private static final int CLAIM_TRIES = 20;
    private static final long CLAIM_PAUSE_MILLIS = 100;

    private final String kind;
    private final String collection;
    private final JobStore store;
    private final DeviceJobs devices;
    private final String replica;
    private final Class<O> orderType;

    /** @param kind what observers call them, {@code erasure} or {@code evaluation} */
    Jobs(String kind, JobStore store, DeviceJobs devices, String replica, Class<O> orderType) {
        this.kind = kind;
        collection = kind + "s";
        this.store = store;
        this.devices = devices;
        this.replica = replica;
        this.orderType = orderType;
        devices.announce(kind);
    }

    /** Does the work on the job's thread; gives its result. */
    abstract Map<String, Object> run(JobDirectory job, O order, ServedPipeline pipeline, CancellationToken token);

    abstract String pipelineOf(O order);

    /** Refuses what cannot run now. @throws InsufficientMemoryException if it needs more memory than there is */
    void admit(O order, ServedPipeline pipeline) {
    }

    /** Whether it runs as a part of another job, which goes on with it. */
    boolean isPart(O order) {
        return false;
    }

    /** Oldest first. */
    public List<JobDirectory> all() {
        return store.all();
    }

    public Optional<JobDirectory> find(String id) {
        return store.find(id);
    }

    final JobDirectory start(String topic, O order, ServedPipeline pipeline) {
        // Fails while the pipeline is loading.
        pipeline.pipeline();
        JobDirectory job = store.create(topic, replica, order);
        submit(job, claim(job), pipeline);
        return job;
    }

    /** Asks it to stop at its next step, whichever replica runs it. @throws JobStateException if it is over */
    public void cancel(JobDirectory job) {
        JobState state = job.status().state();
        if (state.isFinal()) {
            throw new JobStateException("job " + job.id() + " is " + state.word() + "; only a queued or running job can be cancelled");
        }
        job.askToCancel();
        devices.cancel(job.id());
    }

    /** Goes on where it stopped. @throws JobStateException if it is not cancelled or failed */
    public void resume(JobDirectory job, ServedPipeline pipeline) {
        requireStopped(job);
        pipeline.pipeline();
        admit(job.request(orderType), pipeline);
        JobLeases.Lease lease = claim(job);
        try {
            // Somebody else may have resumed it meanwhile.
            requireStopped(job);
            job.forgetCancel();
        } catch (RuntimeException e) {
            lease.release();
            throw e;
        }
        submit(job, lease, pipeline);
    }

    private static void requireStopped(JobDirectory job) {
        JobState state = job.status().state();
        if (state != JobState.CANCELLED && state != JobState.FAILED) {
            throw new JobStateException("job " + job.id() + " is " + state.word() + "; only a cancelled or failed job can be resumed");
        }
    }

    private JobLeases.Lease claim(JobDirectory job) {
        try {
            for (int i = 0; i < CLAIM_TRIES; i++) {
                Optional<JobLeases.Lease> lease = devices.leases().claim(collection, job.id());
                if (lease.isPresent()) {
                    return lease.get();
                }
                Thread.sleep(CLAIM_PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new JobStateException("job " + job.id() + " is queued or running already");
    }

    /** Goes on with jobs of replicas that are gone, this one's former process among them. @param served the loaded pipeline of a name */
    public void takeOver(Function<String, Optional<ServedPipeline>> served) {
        List<JobDirectory> unfinished = store.unfinished();
        devices.leases().forgetOthers(collection, unfinished.stream().map(JobDirectory::id).toList());
        for (JobDirectory job : unfinished) {
            try {
                O order = job.request(orderType);
                if (!isPart(order)) {
                    served.apply(pipelineOf(order)).ifPresent(pipeline -> takeOver(job, pipeline));
                }
            } catch (UncheckedIOException | RegistryException e) {
                LOG.warn("Job {} cannot be taken over: {}", job.id(), e.getMessage());
            }
        }
    }

    private void takeOver(JobDirectory job, ServedPipeline pipeline) {
        devices.leases().takeOver(collection, job.id()).ifPresent(lease -> {
            // It may have come to its end between the two looks.
            if (job.status().state().isFinal()) {
                lease.release();
            } else {
                submit(job, lease, pipeline);
            }
        });
    }

    /**
     * Runs a job as a part of another one, unless it has succeeded already.
     *
     * @param id its own
     * @throws java.util.concurrent.CancellationException if either was cancelled
     * @throws RuntimeException why it failed
     */
    final JobDirectory runWithin(JobDirectory whole, String id, O order, ServedPipeline pipeline, CancellationToken token) {
        JobDirectory job = whole.holdToo(store.findOrCreate(id, replica, order));
        if (job.status().state() != JobState.SUCCEEDED) {
            devices.runWithin(job, token, kind, replica, pipeline, (held, part) -> run(held, order, pipeline, part));
        }
        return job;
    }

    private void submit(JobDirectory job, JobLeases.Lease lease, ServedPipeline pipeline) {
        devices.submit(job, lease, kind, replica, pipeline, (held, token) -> run(held, held.request(orderType), pipeline, token));
    }
}
