package io.advunlearn.quarkus.rest;

import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.service.serving.BusyException;
import io.advunlearn.service.serving.PipelineNotReadyException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * What a client of the application gets when a resource draws and does not handle that nothing can be drawn now, rather than a 500. The application's own
 * mappers go first.
 */
public class DrawingFailures {

    private static final int BEHIND_THE_APPLICATIONS = Priorities.USER + 1000;

    @ServerExceptionMapper(priority = BEHIND_THE_APPLICATIONS)
    public Response notReady(PipelineNotReadyException e) {
        return text(503, e).build();
    }

    /** Its message tells of the pipeline's requirements, which are the operator's business. */
    @ServerExceptionMapper(priority = BEHIND_THE_APPLICATIONS)
    public Response refused(EncoderUnavailableException e) {
        return Response.status(503).build();
    }

    @ServerExceptionMapper(priority = BEHIND_THE_APPLICATIONS)
    public Response busy(BusyException e) {
        return text(429, e).header("Retry-After", e.retryAfterSeconds()).build();
    }

    private static Response.ResponseBuilder text(int status, RuntimeException e) {
        return Response.status(status).type(MediaType.TEXT_PLAIN_TYPE).entity(e.getMessage());
    }
}
