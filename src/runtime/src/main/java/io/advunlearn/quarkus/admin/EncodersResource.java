package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.EncoderOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** Registered encoders. */
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

    @GET
    public Response list() {
        return Responses.of(encoders().list());
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(encoders().get(id));
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response importEncoder(InputStream body) {
        return Responses.of(encoders().importFolder(body));
    }
}
