package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.admin.AdminApi;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;

/** JSON schemas of the reports. */
@Path(AdminApi.PREFIX + "/schemas")
@AdminOnly
@Blocking
public class SchemasResource {

    private final AdminApi admin;

    SchemasResource(AdvUnlearnService service) {
        admin = service.admin();
    }

    @GET
    @Path("{name}")
    public Response get(@PathParam("name") String name) {
        return Responses.of(admin.schema(name));
    }
}
