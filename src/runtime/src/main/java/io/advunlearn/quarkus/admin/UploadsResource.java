package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.UploadOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** Encoders that arrive in parts; the parts themselves come by {@link UploadRoute}. */
@Path(AdminApi.PREFIX + UploadOperations.PATH)
@AdminOnly
@Blocking
public class UploadsResource {

    private final AdminCaller caller;

    UploadsResource(AdminCaller caller) {
        this.caller = caller;
    }

    private UploadOperations uploads() {
        return caller.api().uploads();
    }

    @GET
    public Response list() {
        return Responses.of(uploads().list());
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response begin(InputStream body) {
        return Responses.of(uploads().begin(body));
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(uploads().get(id));
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        return Responses.of(uploads().remove(id));
    }

    /** Also by HEAD. */
    @GET
    @Path("{id}/files/{name}")
    public Response file(@PathParam("id") String id, @PathParam("name") String name) {
        return Responses.of(uploads().file(id, name));
    }

    @POST
    @Path("{id}/complete")
    @Consumes(MediaType.WILDCARD)
    public Response complete(@PathParam("id") String id) {
        return Responses.of(uploads().complete(id));
    }
}
