package io.advunlearn.service.admin;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.ReferenceRun;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Operations on registered encoders. */
public final class EncoderOperations {

    private static final String VALUE = "value";

    private final EncoderRegistry registry;
    private final ImportDirectory imports;
    private final AdminLookup lookup;
    private final ReferenceRun references;
    private final EncoderLineage lineage;
    private final Identity caller;

    /**
     * @param references gives what an imported encoder makes of the reference prompt
     * @param lineage tells where encoders come from
     */
    EncoderOperations(EncoderRegistry registry, ImportDirectory imports, AdminLookup lookup, ReferenceRun references, EncoderLineage lineage, Identity caller) {
        this.registry = registry;
        this.imports = imports;
        this.lookup = lookup;
        this.references = references;
        this.lineage = lineage;
        this.caller = caller;
    }

    /** All of them. */
    public Answer list() {
        return list(List.of());
    }

    /** Those that have every one of some labels. @param labels {@code key=value}, or {@code key} for any value */
    public Answer list(List<String> labels) {
        return AdminAnswers.answer(() -> {
            LabelFilter filter = AdminAnswers.checked(() -> LabelFilter.of(labels));
            return Answer.json(200, Map.of("encoders", registry.encoders().stream().map(this::labelled).filter(each -> filter.accepts(each.labels))
                    .map(EncoderOperations::summary).toList()));
        });
    }

    /** A manifest, and what people say of the encoder. */
    private record Labelled(@JsonUnwrapped EncoderManifest manifest, Map<String, String> labels) { }

    /** Labels that cannot be read must not hide the encoder. */
    private Labelled labelled(EncoderManifest manifest) {
        try {
            return new Labelled(manifest, registry.labels(manifest.id()));
        } catch (RegistryException e) {
            return new Labelled(manifest, Map.of());
        }
    }

    private EncoderManifest found(String id) {
        return registry.encoder(id).orElseThrow(() -> ProblemException.notFound("there is no encoder " + id));
    }

    /** The manifest and the labels. */
    public Answer get(String id) {
        return AdminAnswers.answer(() -> Answer.json(200, labelled(found(id))));
    }

    /** Where it comes from: every encoder down to the model's own, how each was made, and what evaluations said of it. */
    public Answer lineage(String id) {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of("encoder", id, "chain", lineage.of(found(id)))));
    }

    /** Imports a CLIPTextModel or CLIPTextModelWithProjection folder; what it erased is the administrator's word. */
    public Answer importFolder(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.body(body, "id", "folder", "parent", "base_digest", "erasures");
            String id = fields.requiredText("id", AdminLookup.NAME_CHARACTERS);
            String parent = fields.text("parent", AdminLookup.NAME_CHARACTERS);
            if (parent != null && registry.encoder(parent).isEmpty()) {
                throw new FieldException("parent", "invalid_value", "there is no encoder " + parent);
            }
            List<String> erasures = fields.texts("erasures");
            EncoderManifest manifest = registry.register(imports.resolve(fields.requiredText("folder", AdminLookup.NAME_CHARACTERS)),
                    new EncoderRegistry.Registration(id, fields.text("base_digest", AdminLookup.NAME_CHARACTERS), parent,
                            erasures == null ? List.of() : erasures, "imported", caller.name(), null, new float[0]), references);
            return registered(registry, manifest, caller.name());
        });
    }

    /** Answers a registration, which is audited. */
    static Answer registered(EncoderRegistry registry, EncoderManifest manifest, String principal) {
        registry.audit(principal, "import", manifest.id(), manifest.digest());
        return Answer.json(201, summary(new Labelled(manifest, Map.of()))).with("Location", AdminApi.PREFIX + "/encoders/" + manifest.id());
    }

    /** Sets one label: {@code {"value": text}}. */
    public Answer label(String id, String key, InputStream body) {
        return AdminAnswers.answer(() -> {
            String value = lookup.body(body, VALUE).text(VALUE, AdminLookup.NAME_CHARACTERS);
            if (value == null) {
                throw new FieldException(VALUE, "missing_required_parameter", "value is required and must be a string; DELETE takes the label away");
            }
            return labels(id, Map.of(key, value));
        });
    }

    /** Takes one label away. */
    public Answer unlabel(String id, String key) {
        return AdminAnswers.answer(() -> labels(id, Collections.singletonMap(key, null)));
    }

    private Answer labels(String id, Map<String, String> changes) {
        found(id);
        return Answer.json(200, Map.of("labels", registry.label(id, changes, caller.name())));
    }

    /** Deletes an encoder that nothing needs; 409 says what needs it. */
    public Answer delete(String id) {
        return AdminAnswers.answer(() -> {
            try {
                found(id);
            } catch (RegistryException e) {
                // one that cannot be trusted may go, too
            }
            registry.delete(id, caller.name());
            return Answer.json(200, Map.of("deleted", id));
        });
    }

    /** A file of an encoder, which the host streams. @param name {@code config.json}, {@code model.safetensors}, {@code manifest.json} or {@code SHA256SUMS} */
    public Download file(String id, String name) {
        return Download.of(() -> {
            EncoderManifest manifest = found(id);
            if (!Download.FILES.containsKey(name)) {
                throw ProblemException.notFound("encoder " + id + " has the files " + String.join(", ", Download.FILES.keySet()));
            }
            return Download.of(registry.directory(id).resolve(name), id, manifest.digest());
        });
    }

    private static Map<String, Object> summary(Labelled encoder) {
        EncoderManifest manifest = encoder.manifest;
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", manifest.id());
        members.put("architecture", manifest.architecture());
        members.put("digest", manifest.digest());
        members.put("parent", manifest.parent());
        members.put("erasures", manifest.erasures());
        members.put("method", manifest.method());
        members.put("createdAt", manifest.createdAt());
        members.put("labels", encoder.labels);
        return members;
    }
}
