package io.advunlearn.service.jobs;

import java.time.Instant;
import java.util.Map;

/**
 * {@code status.json} of a job.
 *
 * @param id the job's directory name
 * @param state where it stands
 * @param replica the process that runs it, or ran it last
 * @param createdAt when it was asked for
 * @param startedAt when it last began to run, {@code null} before
 * @param finishedAt when it reached a final state, {@code null} before
 * @param error why it failed, for people; {@code null} if it did not
 * @param result what it made, {@code null} before it succeeded
 */
public record JobStatus(String id, JobState state, String replica, Instant createdAt, Instant startedAt, Instant finishedAt, String error,
        Map<String, Object> result) {

    static JobStatus queued(String id, String replica) {
        return new JobStatus(id, JobState.QUEUED, replica, Instant.now(), null, null, null, null);
    }

    JobStatus queuedAgain(String by) {
        return new JobStatus(id, JobState.QUEUED, by, createdAt, startedAt, null, null, null);
    }

    JobStatus running() {
        return new JobStatus(id, JobState.RUNNING, replica, createdAt, Instant.now(), null, null, null);
    }

    JobStatus succeeded(Map<String, Object> made) {
        return new JobStatus(id, JobState.SUCCEEDED, replica, createdAt, startedAt, Instant.now(), null, made);
    }

    JobStatus cancelled() {
        return new JobStatus(id, JobState.CANCELLED, replica, createdAt, startedAt, Instant.now(), null, null);
    }

    JobStatus failed(String reason) {
        return new JobStatus(id, JobState.FAILED, replica, createdAt, startedAt, Instant.now(), reason, null);
    }
}
