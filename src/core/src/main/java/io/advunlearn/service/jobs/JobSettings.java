package io.advunlearn.service.jobs;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How erasures and evaluations run.
 *
 * @param lease how long nothing must have been heard of a replica before another takes its jobs
 * @param memory bytes that an erasure may take on its device; empty for all that is free
 */
public record JobSettings(Duration lease, OptionalLong memory) {

    /** Below it a short pause of the process would count as its death. */
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(1);

    public static final JobSettings DEFAULT = new JobSettings(Duration.ofSeconds(30), OptionalLong.empty());

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public JobSettings {
        if (lease.compareTo(SHORTEST_LEASE) < 0) {
            throw new IllegalArgumentException("erasures.lease must be at least " + SHORTEST_LEASE.toSeconds() + " s, not " + lease);
        }
    }
}
