package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Operations on registered encoders. */
public final class EncoderOperations {

    private final EncoderRegistry registry;
    private final ImportDirectory imports;
    private final AdminLookup lookup;
    private final Identity caller;

    EncoderOperations(EncoderRegistry registry, ImportDirectory imports, AdminLookup lookup, Identity caller) {
        this.registry = registry;
        this.imports = imports;
        this.lookup = lookup;
        this.caller = caller;
    }

    public Answer list() {
        return AdminAnswers
                .answer(() -> Answer.json(200, Map.of("encoders", registry.encoders().stream().map(EncoderOperations::summary).toList())));
    }

    /** The manifest. */
    public Answer get(String id) {
        return AdminAnswers
                .answer(() -> Answer.json(200, registry.encoder(id).orElseThrow(() -> ProblemException.notFound("there is no encoder " + id))));
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
                            erasures == null ? List.of() : erasures, "imported", caller.name(), null, new float[0]));
            return Answer.json(201, summary(manifest)).with("Location", AdminApi.PREFIX + "/encoders/" + manifest.id());
        });
    }

    private static Map<String, Object> summary(EncoderManifest manifest) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", manifest.id());
        members.put("architecture", manifest.architecture());
        members.put("digest", manifest.digest());
        members.put("parent", manifest.parent());
        members.put("erasures", manifest.erasures());
        members.put("method", manifest.method());
        members.put("createdAt", manifest.createdAt());
        return members;
    }
}
