package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.json.JsonFields;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Registered encoders. */
@Path(AdminBridge.PREFIX + "/encoders")
@AdminOnly
@Blocking
public class EncodersResource {

    private final EncoderRegistry registry;
    private final ImportDirectory imports;
    private final AdminLookup lookup;

    EncodersResource(EncoderRegistry registry, ImportDirectory imports, AdminLookup lookup) {
        this.registry = registry;
        this.imports = imports;
        this.lookup = lookup;
    }

    @GET
    public Response list() {
        return AdminAnswers.answer(() -> AdminAnswers
                .json(200, Map.of("encoders", registry.encoders().stream().map(EncodersResource::summary).toList())).build());
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return AdminAnswers.answer(() -> AdminAnswers
                .json(200, registry.encoder(id).orElseThrow(() -> ProblemException.notFound("there is no encoder " + id))).build());
    }

    /** Imports a CLIPTextModel folder; what it erased is the administrator's word. */
    @POST
    @Consumes(MediaType.WILDCARD)
    public Response importEncoder(InputStream body) {
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
                            erasures == null ? List.of() : erasures, "imported", AdminAnswers.PRINCIPAL, null, new float[0]));
            return AdminAnswers.json(201, summary(manifest)).location(URI.create(AdminBridge.PREFIX + "/encoders/" + manifest.id())).build();
        });
    }

    private static Map<String, Object> summary(EncoderManifest manifest) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", manifest.id());
        members.put("digest", manifest.digest());
        members.put("parent", manifest.parent());
        members.put("erasures", manifest.erasures());
        members.put("method", manifest.method());
        members.put("createdAt", manifest.createdAt());
        return members;
    }
}
