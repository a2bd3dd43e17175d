package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.ErasureOperations;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.io.InputStream;

/** Erasures: trained in the background, never served before their promotion. */
@Path(AdminApi.PREFIX + "/erasures")
@AdminOnly
@Blocking
public class ErasuresResource {

    private final AdminCaller caller;

    ErasuresResource(AdminCaller caller) {
        this.caller = caller;
    }

    private ErasureOperations erasures() {
        return caller.api().erasures();
    }

    @GET
    public Response list() {
        return Responses.of(erasures().list());
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response start(InputStream body) {
        return Responses.of(erasures().start(body));
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(erasures().get(id));
    }

    @GET
    @Path("{id}/report.html")
    public Response report(@PathParam("id") String id) {
        return Responses.of(erasures().report(id));
    }

    @GET
    @Path("{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public Multi<OutboundSseEvent> events(@PathParam("id") String id, @HeaderParam("Last-Event-ID") String lastEventId, @Context Sse sse) {
        return EventStream.of(id, erasures().events(id, lastEventId), sse);
    }

    @DELETE
    @Path("{id}")
    public Response cancel(@PathParam("id") String id) {
        return Responses.of(erasures().cancel(id));
    }

    @POST
    @Path("{id}/resume")
    public Response resume(@PathParam("id") String id) {
        return Responses.of(erasures().resume(id));
    }

    @POST
    @Path("{id}/promotion")
    @Consumes(MediaType.WILDCARD)
    public Response promote(@PathParam("id") String id, InputStream body) {
        return Responses.of(erasures().promote(id, body));
    }
}
