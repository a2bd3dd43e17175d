package io.advunlearn.registry;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Watch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a registry keeps what is small and changes: which encoders each pipeline wants, its routes, the audit trail, and what each replica serves. The
 * encoders themselves, uploads and jobs are files whichever store this is. Thread-safe, and safe between processes; names are checked by the caller.
 */
public interface StateStore {

    /** Pipelines that have states or routes, sorted. */
    List<String> pipelines() throws IOException;

    /** The state with the highest generation. */
    Optional<PipelineState> newestState(String pipeline) throws IOException;

    /** All states, oldest first. */
    List<PipelineState> states(String pipeline) throws IOException;

    /** Compare-and-set. @throws ConflictException if the state's generation exists */
    void add(PipelineState state) throws IOException;

    /** The routes with the highest generation. */
    Optional<PipelineRoutes> newestRoutes(String pipeline) throws IOException;

    /** All routes there ever were, oldest first. */
    List<PipelineRoutes> routes(String pipeline) throws IOException;

    /** Compare-and-set. @throws ConflictException if the routes' generation exists */
    void add(PipelineRoutes routes) throws IOException;

    /** Durable when this returns. */
    void append(AuditEntry entry) throws IOException;

    /** The newest entries of all replicas, newest first. */
    List<AuditEntry> newestEntries(int limit) throws IOException;

    /** Replaces what a replica said before, and forgets replicas that have been silent for {@link ReplicaReport#FORGOTTEN}. */
    void report(ReplicaReport report) throws IOException;

    /** Forgets a replica that stops. */
    void withdraw(String replica) throws IOException;

    /** What every replica said last, by name. Reports that cannot be read are left out. */
    List<ReplicaReport.Seen> replicas() throws IOException;

    /**
     * Calls back soon after another process may have added a state or routes. A store that is not told of changes never does: readers look at it from
     * time to time.
     *
     * @param changed called on a thread of the store, must be quick
     */
    default Watch watch(Runnable changed) {
        return Watch.NONE;
    }

    /** What a look at the store itself finds, its states aside. */
    List<RegistryFinding> check() throws IOException;

    /** Folders in which its crashed writers may have left files. */
    default List<Path> folders() throws IOException {
        return List.of();
    }
}
