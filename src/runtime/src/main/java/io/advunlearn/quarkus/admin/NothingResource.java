package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Whatever else somebody with the key asks for: a problem document instead of a web page. */
@Path(AdminApi.PREFIX + "/{path:.*}")
@AdminOnly
@Blocking
@Consumes(MediaType.WILDCARD)
public class NothingResource {

    @GET
    public Response get(@PathParam("path") String path) {
        return nothing(path);
    }

    @POST
    public Response post(@PathParam("path") String path) {
        return nothing(path);
    }

    @PUT
    public Response put(@PathParam("path") String path) {
        return nothing(path);
    }

    @DELETE
    public Response delete(@PathParam("path") String path) {
        return nothing(path);
    }

    private static Response nothing(String path) {
        return Responses.of(AdminApi.nothing(path));
    }
}
