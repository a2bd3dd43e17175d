package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.RouteOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** Whose requests other encoders draw than the pipelines'. */
@Path(AdminApi.PREFIX + "/pipelines/{name}/routes")
@AdminOnly
@Blocking
public class RoutesResource {

    private final AdminCaller caller;

    RoutesResource(AdminCaller caller) {
        this.caller = caller;
    }

    private RouteOperations routes() {
        return caller.api().routes();
    }

    @GET
    public Response list(@PathParam("name") String name) {
        return Responses.of(routes().list(name));
    }

    @GET
    @Path("{tenant}")
    public Response get(@PathParam("name") String name, @PathParam("tenant") String tenant) {
        return Responses.of(routes().get(name, tenant));
    }

    @PUT
    @Path("{tenant}")
    @Consumes(MediaType.WILDCARD)
    public Response put(@PathParam("name") String name, @PathParam("tenant") String tenant, InputStream body) {
        return Responses.of(routes().put(name, tenant, body));
    }

    @DELETE
    @Path("{tenant}")
    public Response delete(@PathParam("name") String name, @PathParam("tenant") String tenant) {
        return Responses.of(routes().delete(name, tenant));
    }
}
