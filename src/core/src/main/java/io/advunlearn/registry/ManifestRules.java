package io.advunlearn.registry;

import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ErasureFloor;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/** What a manifest must hold, whoever wrote it. */
final class ManifestRules {

    /** The registry keeps what any method made; which methods there are is the erasure's to know. */
    private static final Pattern METHOD = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final int MAX_CONCEPT = 200;

    private ManifestRules() {
    }

    /** @throws RegistryException naming the field and what is accepted */
    static void check(EncoderManifest manifest, String id) {
        require(id, "id", id.equals(manifest.id()), "must be the directory's name");
        require(id, "digest", isDigest(manifest.digest()), "must be a SHA-256 in hexadecimal");
        require(id, "baseDigest", manifest.baseDigest() == null || isDigest(manifest.baseDigest()), "must be a SHA-256 in hexadecimal");
        require(id, "parent", manifest.parent() == null || ComponentSnapshot.BASE_ID.equals(manifest.parent())
                || RegistryNames.isId(manifest.parent()), "must be an encoder's id");
        require(id, "erasures", areConcepts(manifest.erasures()), "must be a list of concepts of 1 to " + MAX_CONCEPT + " characters");
        require(id, "parentDigest", manifest.parentDigest() == null || isDigest(manifest.parentDigest()), "must be a SHA-256 in hexadecimal");
        checkLineage(manifest, id);
        require(id, "method", manifest.method() != null && METHOD.matcher(manifest.method()).matches(),
                "must be base, imported or the name of an erasure method in lower case");
        require(id, "createdAt", manifest.createdAt() != null, "must be a time");
        checkTensors(manifest, id);
        float[] reference = manifest.referenceOutput();
        require(id, "referenceOutput", reference != null && areFinite(reference), "must be finite numbers");
        require(id, "referencePrompt", reference.length == 0 || manifest.referencePrompt() != null,
                "must be given with referenceOutput");
    }

    /** The floor looks at {@code erasures}: the lineage must tell of the same concepts. */
    private static void checkLineage(EncoderManifest manifest, String id) {
        if (manifest.lineage() == null) {
            return;
        }
        for (LineageEntry entry : manifest.lineage()) {
            require(id, "lineage", entry != null && areConcepts(Collections.singletonList(entry.concept())) && entry.method() != null
                    && (entry.settings() == null || isDigest(entry.settings())),
                    "must hold a concept, a method and, if known, the settings' SHA-256 in every entry");
        }
        List<String> concepts = manifest.lineage().stream().map(LineageEntry::concept).toList();
        require(id, "lineage", ErasureFloor.of(concepts).required().equals(ErasureFloor.of(manifest.erasures()).required()),
                "must tell of the same concepts as erasures");
    }

    private static void checkTensors(EncoderManifest manifest, String id) {
        require(id, "tensors", manifest.tensors() != null && !manifest.tensors().isEmpty(), "must name every tensor");
        manifest.tensors().forEach((name, info) -> require(id, "tensors." + name,
                info != null && info.dtype() != null && info.shape() != null && isDigest(info.sha256()), "must hold dtype, shape and sha256"));
    }

    private static boolean areConcepts(List<String> concepts) {
        return concepts != null && concepts.stream().allMatch(concept -> concept != null && !concept.isBlank() && concept.length() <= MAX_CONCEPT);
    }

    private static boolean areFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** @throws RegistryException if an id may not or no longer be taken */
    static void requireUnused(EncoderRegistry registry, String id) {
        if (ComponentSnapshot.BASE_ID.equals(id)) {
            throw new RegistryException("id 'base' is the encoder that came with the model, choose another");
        }
        if (registry.encoder(id).isPresent()) {
            throw taken(id);
        }
    }

    static ConflictException taken(String id) {
        return new ConflictException("an encoder '" + id + "' exists already, registered encoders never change: choose another id");
    }

    static boolean isDigest(String text) {
        return text != null && text.matches("[0-9a-f]{64}");
    }

    private static void require(String id, String field, boolean holds, String rule) {
        if (!holds) {
            throw new RegistryException("manifest of encoder '" + id + "': " + field + " " + rule);
        }
    }
}
