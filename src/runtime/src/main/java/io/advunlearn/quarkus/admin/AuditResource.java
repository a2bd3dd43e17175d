package io.advunlearn.quarkus.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.Map;

/** Who did what, newest first. */
@Path(AdminBridge.PREFIX + "/audit")
@AdminOnly
@Blocking
public class AuditResource {

    private static final int ENTRIES = 200;

    private final EncoderRegistry registry;

    AuditResource(EncoderRegistry registry) {
        this.registry = registry;
    }

    @GET
    public Response newest() {
        return AdminAnswers.answer(() -> AdminAnswers.json(200, Map.of("audit", registry.auditTrail(ENTRIES))).build());
    }
}
