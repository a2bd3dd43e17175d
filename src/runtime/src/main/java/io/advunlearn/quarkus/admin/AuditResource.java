package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** Who did what, newest first. */
@Path(AdminApi.PREFIX + "/audit")
@AdminOnly
@Blocking
public class AuditResource {

    private final AdminCaller caller;

    AuditResource(AdminCaller caller) {
        this.caller = caller;
    }

    @GET
    public Response newest() {
        return Responses.of(caller.api().audit());
    }
}
