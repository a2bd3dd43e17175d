package io.advunlearn.service.jobs;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.service.serving.ServedPipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Jobs of one kind: kept on disk, run one after the other on their pipeline's device, and continued by the same replica after
 * a crash or a restart.
 *
 * @param <O> what {@code request.json} holds
 */
public abstract class Jobs<O> {

    private final String kind;
    private final JobStore store;
    private final DeviceJobs devices;
    private final String replica;
    private final Class<O> orderType;

    /** @param kind what observers call them, {@code erasure} or {@code evaluation} */
    Jobs(String kind, JobStore store, DeviceJobs devices, String replica, Class<O> orderType) {
        this.kind = kind;
        this.store = store;
        this.devices = devices;
        this.replica = replica;
        this.orderType = orderType;
        devices.announce(kind);
    }

    /** Does the work on the job's thread; gives its result. */
    abstract Map<String, Object> run(JobDirectory job, O order, ServedPipeline pipeline, CancellationToken token);

    abstract String pipelineOf(O order);

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
        submit(job, pipeline);
        return job;
    }

    /** Asks it to stop at its next step. @throws JobStateException if it is not queued or running here */
    public void cancel(JobDirectory job) {
        if (!devices.cancel(job.id())) {
            throw new JobStateException("job " + job.id() + " is " + job.status().state().word()
                    + "; only a queued or running job of this replica can be cancelled");
        }
    }

    /** Goes on where it stopped. @throws JobStateException if it is not cancelled or failed */
    public void resume(JobDirectory job, ServedPipeline pipeline) {
        JobState state = job.status().state();
        if (state != JobState.CANCELLED && state != JobState.FAILED) {
            throw new JobStateException("job " + job.id() + " is " + state.word() + "; only a cancelled or failed job can be resumed");
        }
        pipeline.pipeline();
        submit(job, pipeline);
    }

    /** Goes on with what a crash or a stop of this replica interrupted, now that its pipeline is loaded. */
    public void resumeInterrupted(ServedPipeline pipeline) {
        for (JobDirectory job : store.all()) {
            JobStatus status = job.status();
            if (!status.state().isFinal() && status.replica().equals(replica) && pipelineOf(job.request(orderType)).equals(pipeline.name())) {
                submit(job, pipeline);
            }
        }
    }

    private void submit(JobDirectory job, ServedPipeline pipeline) {
        devices.submit(job, kind, replica, pipeline, token -> run(job, job.request(orderType), pipeline, token));
    }
}
