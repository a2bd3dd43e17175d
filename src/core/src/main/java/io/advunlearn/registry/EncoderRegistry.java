package io.advunlearn.registry;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Encoder versions and which one each pipeline wants: the only source of truth (design, section 6). Thread-safe, and safe between processes. */
public interface EncoderRegistry {

    /** Every registered encoder whose manifest can be trusted, oldest first; others are logged and left out. */
    List<EncoderManifest> encoders();

    /** @throws RegistryException if the encoder exists and its manifest cannot be trusted */
    Optional<EncoderManifest> encoder(String id);

    /** The encoder's folder. @throws RegistryException if it is not registered */
    Path directory(String id);

    /** Recomputes every digest of a registered encoder. @throws RegistryException naming the file or tensor that changed */
    EncoderManifest verify(String id);

    /**
     * Stores a file beside a registered encoder, replacing an older one of that name at once.
     *
     * @param name {@code report.json} or {@code samples/<name>.png}
     */
    void attach(String id, String name, byte[] content);

    /** Reads what {@link #attach} stored; empty if there is none. */
    Optional<byte[]> attachment(String id, String name);

    /**
     * Registers a CLIPTextModel or CLIPTextModelWithProjection folder: copies it, checks the copy, writes the manifest; all or nothing. Weights
     * in shards, or of which there is the fp16 variant alone, become one {@code model.safetensors} whose tensors keep their stored dtype.
     *
     * @throws ConflictException if the id exists
     * @throws RegistryException naming the file, the tensor or the field and the reason
     */
    default EncoderManifest register(Path folder, Registration registration) {
        return register(folder, registration, ReferenceRun.NONE);
    }

    /** As above. @param reference asked for the reference output if the registration has none */
    EncoderManifest register(Path folder, Registration registration, ReferenceRun reference);

    /** What people say of an encoder, by key, sorted. @throws RegistryException if it is not registered or the labels cannot be trusted */
    Map<String, String> labels(String id);

    /**
     * Sets labels beside an encoder's manifest. One of them has a meaning here: {@code keep=true} protects it from {@link #delete} and {@link #collect}.
     *
     * @param changes by key, {@code [a-z0-9][a-z0-9._-]{0,63}}, with values of at most 200 characters; {@code null} takes the label away
     * @return all labels afterwards
     * @throws RegistryException if the encoder is not registered, or naming the label that is not accepted
     */
    Map<String, String> label(String id, Map<String, String> changes, String principal);

    /**
     * Why an encoder cannot be deleted: pipelines that serve it or would roll back to it, encoders that were trained from it, jobs that are not over, its
     * label {@code keep}. Empty if nothing needs it.
     *
     * @throws RegistryException if it is not registered, or what needs it cannot be read
     */
    List<String> references(String id);

    /**
     * Deletes an encoder that nothing needs, also a damaged one. After a crash it is either registered as before or gone.
     *
     * @throws ConflictException saying what needs it
     * @throws RegistryException if it is not registered, or what needs it cannot be read
     */
    void delete(String id, String principal);

    /** Looks at everything: digests, manifests, labels, states, audit log, leftovers; one finding a thing. */
    List<RegistryFinding> check();

    /** What nobody needs, in the order in which it can be removed. */
    List<Garbage> garbage(Garbage.Ages ages);

    /** Removes what {@link #garbage} lists, each after another look. @return what was removed */
    List<Garbage> collect(Garbage.Ages ages, String principal);

    /** The newest state, empty if the pipeline is unknown. */
    Optional<PipelineState> state(String pipeline);

    /** All states of a pipeline, oldest first. */
    List<PipelineState> history(String pipeline);

    /**
     * Compare-and-set: writes generation {@code expectedGeneration + 1}.
     *
     * @param expectedGeneration 0 for a new pipeline
     * @param encoders registered encoders' ids, or {@code base}
     * @param weakened whether an administrator allows these encoders below the floor
     * @throws ConflictException if another writer was first
     * @throws RegistryException if an encoder is not registered or of the wrong kind
     */
    PipelineState advance(String pipeline, long expectedGeneration, EncoderPair encoders, boolean weakened, List<String> requiredErasures,
            String principal);

    /** As above, within the floor, for a pipeline with one text encoder. */
    default PipelineState advance(String pipeline, long expectedGeneration, String encoder, List<String> requiredErasures,
            String principal) {
        return advance(pipeline, expectedGeneration, EncoderPair.of(encoder), false, requiredErasures, principal);
    }

    /** The newest routes, empty if there never were any. */
    Optional<PipelineRoutes> routes(String pipeline);

    /**
     * Compare-and-set: writes generation {@code expectedGeneration + 1} of the routes.
     *
     * @param expectedGeneration 0 where there never were any
     * @param routes all of them, by tenant or {@link PipelineRoutes#CANARY}
     * @throws ConflictException if another writer was first
     * @throws RegistryException if a route is not valid, or an encoder not registered or of the wrong kind
     */
    PipelineRoutes advanceRoutes(String pipeline, long expectedGeneration, Map<String, PipelineRoutes.Route> routes, String principal);

    /** Appends to the audit log; the line is on disk when this returns. None of the arguments may hold a secret. */
    void audit(String principal, String action, String target, String outcome);

    /** The newest audit entries of all replicas, newest first. */
    List<AuditEntry> auditTrail(int limit);

    /** One line of the audit log. */
    record AuditEntry(Instant at, String replica, String principal, String action, String target, String outcome) {

        private static final int MAX_FIELD = 500;

        /** With fields of at most 500 characters, whoever chose them. */
        AuditEntry cut() {
            return new AuditEntry(at, replica, cut(principal), cut(action), cut(target), cut(outcome));
        }

        private static String cut(String text) {
            return text == null || text.length() <= MAX_FIELD ? text : text.substring(0, MAX_FIELD) + "...";
        }
    }

    /** Replaces what a replica said that it serves. A registry that keeps no reports does nothing. */
    default void report(ReplicaReport report) {
    }

    /** Forgets what a replica said, which stops. */
    default void withdraw(String replica) {
    }

    /** What every replica said last, by name; those that have been silent for a day are forgotten. */
    default List<ReplicaReport.Seen> replicas() {
        return List.of();
    }

    /**
     * Calls back soon after a state or routes may have changed, for whoever would not wait until the next look. Not every registry is told of changes, and
     * none of every change: look from time to time as well.
     *
     * @param changed called on another thread, must be quick
     */
    default Watch watch(Runnable changed) {
        return Watch.NONE;
    }

    /** Ends when it is closed. */
    interface Watch extends AutoCloseable {

        Watch NONE = () -> { };

        @Override
        void close();
    }

    /** {@code erasures/<id>/}, created. */
    Path erasureDirectory(String erasureId);

    /**
     * What is known of an encoder at registration.
     *
     * @param lineage how each concept was erased, the parent's first; {@code null} to take the parent's and to add what {@code erasures} has more
     */
    record Registration(String id, String baseDigest, String parent, List<String> erasures, List<LineageEntry> lineage, String method,
            String principal, String referencePrompt, float[] referenceOutput) {

        /** Without circumstances of its own erasures. */
        public Registration(String id, String baseDigest, String parent, List<String> erasures, String method, String principal,
                String referencePrompt, float[] referenceOutput) {
            this(id, baseDigest, parent, erasures, null, method, principal, referencePrompt, referenceOutput);
        }
    }
}
