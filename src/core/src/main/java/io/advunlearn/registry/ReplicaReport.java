package io.advunlearn.registry;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.advunlearn.pipeline.EncoderVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What one replica serves, by its own word.
 *
 * @param replica its name
 * @param startedAt when its process began to serve
 * @param reportedAt when it said this, by its own clock
 * @param heartbeatMillis how often it says so when nothing changes
 * @param pipelines what it serves, by name
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ReplicaReport(String replica, Instant startedAt, Instant reportedAt, long heartbeatMillis, List<Served> pipelines) {

    /** Silence after which a replica is forgotten. */
    public static final Duration FORGOTTEN = Duration.ofDays(1);

    /** Heartbeats that must be missing until a replica may be in trouble, and until it is taken for dead. */
    private static final int STALE = 3;
    private static final int DEAD = 12;

    /**
     * A pipeline of a replica.
     *
     * @param name the pipeline's name
     * @param state {@code loading}, {@code ready}, {@code not ready} or {@code failed}
     * @param generation of the registry's state that it serves, 0 for none
     * @param routesGeneration of the routes that it follows, 0 for none
     * @param encoders the active ones, in SDXL two; none while loading
     * @param since when it began to serve them, {@code null} while loading
     * @param error why it could not follow the registry at its last look, {@code null} if it could
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Served(String name, String state, long generation, long routesGeneration, List<EncoderVersion> encoders,
            Instant since, String error) {

        public static final String LOADING = "loading";
        public static final String READY = "ready";
        public static final String NOT_READY = "not ready";
        public static final String FAILED = "failed";
    }

    /** Whether a replica is there. */
    public enum Pulse { LIVE, STALE, DEAD }

    /**
     * A report that was read.
     *
     * @param age since it was written
     */
    public record Seen(ReplicaReport report, Duration age) {

        /** By the heartbeats that are missing. */
        public Pulse pulse() {
            long missing = age.toMillis() / Math.max(1, report.heartbeatMillis);
            return missing >= DEAD ? Pulse.DEAD : missing >= STALE ? Pulse.STALE : Pulse.LIVE;
        }
    }

    public ReplicaReport {
        pipelines = pipelines == null ? null : List.copyOf(pipelines);
    }

    /** Whether it says the same but for the time. */
    public boolean saysTheSameAs(ReplicaReport other) {
        return other != null && replica.equals(other.replica) && pipelines.equals(other.pipelines);
    }

    /**
     * Reads a report as a store keeps it.
     *
     * @param replica whose it must be
     * @throws RegistryException if it is not that
     */
    public static ReplicaReport read(byte[] json, String replica) {
        ReplicaReport report = RegistryJson.read(json, ReplicaReport.class, "the report of replica '" + replica + "'");
        if (!replica.equals(report.replica) || report.startedAt == null || report.reportedAt == null || report.pipelines == null) {
            throw new RegistryException("the report of replica '" + replica + "' is not one");
        }
        return report;
    }

    /** As {@link #read} reads it, in lines for people. */
    public byte[] json() {
        return RegistryJson.pretty(this);
    }
}
