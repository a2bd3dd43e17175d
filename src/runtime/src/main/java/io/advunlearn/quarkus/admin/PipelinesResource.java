package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.PipelineOperations;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** The pipelines and their text encoders. */
@Path(AdminApi.PREFIX + "/pipelines")
@AdminOnly
@Blocking
public class PipelinesResource {

    private final AdminCaller caller;

    PipelinesResource(AdminCaller caller) {
        this.caller = caller;
    }

    private PipelineOperations pipelines() {
        return caller.api().pipelines();
    }

    @GET
    public Response list() {
        return Responses.of(pipelines().list());
    }

    @GET
    @Path("{name}")
    public Response get(@PathParam("name") String name) {
        return Responses.of(pipelines().get(name));
    }

    /** An image by an encoder that is not active. */
    @POST
    @Path("{name}/preview")
    @Consumes(MediaType.WILDCARD)
    public Response preview(@PathParam("name") String name, InputStream body) {
        return Responses.of(caller.api().previews().draw(name, body));
    }

    @GET
    @Path("{name}/text-encoder")
    public Response textEncoder(@PathParam("name") String name) {
        return Responses.of(pipelines().textEncoder(name));
    }

    @PUT
    @Path("{name}/text-encoder")
    @Consumes(MediaType.WILDCARD)
    public Response swap(@PathParam("name") String name, InputStream body) {
        return Responses.of(pipelines().swap(name, body));
    }

    /** As PUT. */
    @POST
    @Path("{name}/text-encoder")
    @Consumes(MediaType.WILDCARD)
    public Response swapByPost(@PathParam("name") String name, InputStream body) {
        return swap(name, body);
    }

    @GET
    @Path("{name}/text-encoder/checksum")
    public Response checksum(@PathParam("name") String name) {
        return Responses.of(pipelines().checksum(name));
    }

    @GET
    @Path("{name}/rollout")
    public Response rollout(@PathParam("name") String name) {
        return Responses.of(pipelines().rollout(name));
    }

    @POST
    @Path("{name}/text-encoder/rollback")
    @Consumes(MediaType.WILDCARD)
    public Response rollback(@PathParam("name") String name, InputStream body) {
        return Responses.of(pipelines().rollback(name, body));
    }
}
