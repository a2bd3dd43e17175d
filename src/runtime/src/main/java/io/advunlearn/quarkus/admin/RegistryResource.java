package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.RegistryOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** The registry as a whole. */
@Path(AdminApi.PREFIX + "/registry")
@AdminOnly
@Blocking
public class RegistryResource {

    private final AdminCaller caller;

    RegistryResource(AdminCaller caller) {
        this.caller = caller;
    }

    private RegistryOperations registry() {
        return caller.api().registry();
    }

    @GET
    @Path("verify")
    public Response verify() {
        return Responses.of(registry().verify());
    }

    @POST
    @Path("gc")
    @Consumes(MediaType.WILDCARD)
    public Response collect(InputStream body) {
        return Responses.of(registry().collect(body));
    }
}
