package io.advunlearn.service.jobs;

import java.time.Duration;
import java.util.List;

/**
 * A reader of a job's events, from the beginning or from where a client's last connection broke off, as they come until the job
 * is over. It reads the file, so that any replica can answer. Not thread-safe.
 */
public final class JobEvents {

    /** How often a host looks for new events. */
    public static final Duration POLL = Duration.ofMillis(250);

    private final JobDirectory job;
    private long position;

    /** @param lastEventId what the client sent as {@code Last-Event-ID}; {@code null} or no number for the beginning */
    public JobEvents(JobDirectory job, String lastEventId) {
        this.job = job;
        position = parse(lastEventId);
    }

    private static long parse(String lastEventId) {
        try {
            return lastEventId == null ? 0 : Math.max(0, Long.parseLong(lastEventId));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** What is new since the last call. */
    public Batch next() {
        // The state first: what was written before it became final is then in the file.
        boolean over = job.status().state().isFinal();
        List<JobDirectory.Event> events = job.events(position);
        if (!events.isEmpty()) {
            position = events.get(events.size() - 1).end();
        }
        return new Batch(events, over && events.isEmpty());
    }

    /**
     * @param events new events, oldest first
     * @param last whether there will be no more
     */
    public record Batch(List<JobDirectory.Event> events, boolean last) {
    }
}
