package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.EvaluationOperations;
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

/** Evaluations: how well attacks reach a concept through an encoder. */
@Path(AdminApi.PREFIX + "/evaluations")
@AdminOnly
@Blocking
public class EvaluationsResource {

    private final AdminCaller caller;

    EvaluationsResource(AdminCaller caller) {
        this.caller = caller;
    }

    private EvaluationOperations evaluations() {
        return caller.api().evaluations();
    }

    @GET
    public Response list() {
        return Responses.of(evaluations().list());
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public Response start(InputStream body) {
        return Responses.of(evaluations().start(body));
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id) {
        return Responses.of(evaluations().get(id));
    }

    @GET
    @Path("{id}/report.html")
    public Response report(@PathParam("id") String id) {
        return Responses.of(evaluations().report(id));
    }

    @GET
    @Path("{id}/contact-sheet.png")
    public Response contactSheet(@PathParam("id") String id) {
        return Responses.of(evaluations().contactSheet(id));
    }

    @GET
    @Path("{id}/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public Multi<OutboundSseEvent> events(@PathParam("id") String id, @HeaderParam("Last-Event-ID") String lastEventId, @Context Sse sse) {
        return EventStream.of(id, evaluations().events(id, lastEventId), sse);
    }

    @DELETE
    @Path("{id}")
    public Response cancel(@PathParam("id") String id) {
        return Responses.of(evaluations().cancel(id));
    }
}
