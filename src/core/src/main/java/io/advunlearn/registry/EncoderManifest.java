package io.advunlearn.registry;

import io.advunlearn.pipeline.ComponentSource;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code manifest.json} beside an encoder's weights.
 *
 * @param id directory name, {@code [a-z0-9][a-z0-9._-]{0,63}}
 * @param architecture which kind of text encoder it is; a CLIPTextModel in manifests older than this field
 * @param digest SHA-256 of {@code model.safetensors}, hex
 * @param baseDigest SHA-256 of the base encoder it was trained from
 * @param parent id of the registered encoder it was trained from; {@code null} or {@code base} for the base encoder
 * @param parentDigest SHA-256 of that encoder's weights; {@code null} if unknown
 * @param erasures concepts its lineage erased, oldest first; what a pipeline's floor is compared with
 * @param lineage how each of them was erased, oldest first; {@code null} in manifests older than this field
 * @param method {@code base}, {@code imported} or the name of the erasure method
 * @param createdAt when it was registered
 * @param tensors SHA-256 per tensor in its stored dtype, with dtype and shape
 * @param referencePrompt prompt whose output the slot checks after loading
 * @param referenceOutput the first values of that output's last hidden state at the EOS position, of a CLIPTextModelWithProjection of its
 *        projected text; empty if none was recorded
 */
public record EncoderManifest(String id, EncoderKind architecture, String digest, String baseDigest, String parent, String parentDigest,
        List<String> erasures, List<LineageEntry> lineage, String method, Instant createdAt, Map<String, TensorInfo> tensors,
        String referencePrompt, float[] referenceOutput) {

    public EncoderManifest {
        architecture = architecture == null ? EncoderKind.CLIP_TEXT_MODEL : architecture;
    }

    /**
     * @param dtype safetensors name, for example {@code F32}
     * @param shape dimensions
     * @param sha256 of the raw little-endian bytes, hex
     */
    public record TensorInfo(String dtype, List<Long> shape, String sha256) {
    }

    /** The lineage; of an older manifest, its erasures without their circumstances. */
    public List<LineageEntry> history() {
        return lineage != null ? lineage : erasures.stream().map(concept -> new LineageEntry(concept, null, method, null, null)).toList();
    }

    /**
     * @param field that names this encoder, for the message
     * @throws RegistryException if it is of another kind
     */
    void require(EncoderKind kind, String field) {
        if (architecture != kind) {
            throw new RegistryException(mismatch(kind, field));
        }
    }

    /** Why this encoder cannot be what a field asks for, in one sentence. */
    public String mismatch(EncoderKind kind, String field) {
        return "encoder '" + id + "' is a " + architecture.architecture() + ", " + field + " must be a " + kind.architecture();
    }

    /** What a slot needs to load and verify this encoder. @param directory its folder */
    public ComponentSource source(Path directory) {
        Map<String, String> digests = new LinkedHashMap<>();
        tensors.forEach((name, info) -> digests.put(name, info.sha256()));
        return new ComponentSource(id, directory, digest, erasures, digests, referencePrompt, referenceOutput);
    }
}
