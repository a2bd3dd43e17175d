package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
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

    private final AdminCaller caller;

    SchemasResource(AdminCaller caller) {
        this.caller = caller;
    }

    @GET
    @Path("{name}")
    public Response get(@PathParam("name") String name) {
        return Responses.of(caller.api().schema(name));
    }
}
