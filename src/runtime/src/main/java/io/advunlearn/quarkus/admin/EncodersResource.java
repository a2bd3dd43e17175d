package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.Download;
import io.advunlearn.service.admin.EncoderOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;

/** Registered encoders(). */
@Path(AdminApi.PREFIX + "/encoders")
@AdminOnly
@Blocking
public class EncodersResource {

    private final AdminCaller caller;

    EncodersResource(AdminCaller caller) {
        this.caller = caller;
    }

    private EncoderOperations encoders() {
        return caller.api().encoders();
    }

    /** @param labels {@code key=value} or {@code key}, each of which the encoders must have */
    @GET
    public Response list(@QueryParam("label") List<String> labels) {
        return Responses.of(encoders().list(labels));
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(encoders().get(id));
    }

    @DELETE
    @Path("{id}")
    public Response delete(@PathParam("id") String id) {
        return Responses.of(encoders().delete(id));
    }

    @GET
    @Path("{id}/lineage")
    public Response lineage(@PathParam("id") String id) {
        return Responses.of(encoders().lineage(id));
    }

    @PUT
    @Path("{id}/labels/{key}")
    @Consumes(MediaType.WILDCARD)
    public Response label(@PathParam("id") String id, @PathParam("key") String key, InputStream body) {
        return Responses.of(encoders().label(id, key, body));
    }

    @DELETE
    @Path("{id}/labels/{key}")
    public Response unlabel(@PathParam("id") String id, @PathParam("key") String key) {
        return Responses.of(encoders().unlabel(id, key));
    }

    /** Streamed from disk. */
    @GET
    @Path("{id}/files/{name}")
    public Response file(@PathParam("id") String id, @PathParam("name") String name) {
        Download download = encoders().file(id, name);
        if (download.problem() != null) {
            return Responses.of(download.problem());
        }
        Response.ResponseBuilder response = Response.ok(download.file());
        download.headers().forEach(response::header);
        return response.build();
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response importEncoder(InputStream body) {
        return Responses.of(encoders().importFolder(body));
    }
}
