package io.advunlearn.registry;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Encoder versions and which one each pipeline wants: the only source of truth (design, section 6). Thread-safe, and safe between processes. */
public interface EncoderRegistry {

    /** Every registered encoder, oldest first. */
    List<EncoderManifest> encoders();

    Optional<EncoderManifest> encoder(String id);

    /** The encoder's CLIPTextModel folder. */
    Path directory(String id);

    /**
     * Registers a CLIPTextModel folder: checks every file, copies it, writes the manifest; all or nothing.
     *
     * @throws RegistryException naming the file, the tensor or the field and the reason
     */
    EncoderManifest register(Path folder, Registration registration);

    /** The newest state, empty if the pipeline is unknown. */
    Optional<PipelineState> state(String pipeline);

    /** All states of a pipeline, oldest first. */
    List<PipelineState> history(String pipeline);

    /**
     * Compare-and-set: writes generation {@code expectedGeneration + 1}.
     *
     * @param expectedGeneration 0 for a new pipeline
     * @throws ConflictException if another writer was first
     */
    PipelineState advance(String pipeline, long expectedGeneration, String encoder, List<String> requiredErasures, String principal);

    /** Appends to the audit log. */
    void audit(String principal, String action, String target, String outcome);

    /** {@code erasures/<id>/}, created. */
    Path erasureDirectory(String erasureId);

    /** What is known of an encoder at registration. */
    record Registration(String id, String baseDigest, String parent, List<String> erasures, String method, String principal,
            String referencePrompt, float[] referenceOutput) {
    }
}
