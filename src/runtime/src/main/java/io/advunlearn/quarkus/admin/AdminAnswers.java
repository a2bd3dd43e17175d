package io.advunlearn.quarkus.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.quarkus.jobs.JobStateException;
import io.advunlearn.quarkus.json.Bodies;
import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.serving.PipelineNotReadyException;
import io.advunlearn.registry.ConflictException;
import io.advunlearn.registry.RegistryException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Answers of the admin API: JSON, or a problem document for whatever went wrong. */
final class AdminAnswers {

    /** Who acted, for the audit log: whoever has the key. */
    static final String PRINCIPAL = "api-key";

    private static final Logger LOG = Logger.getLogger(AdminAnswers.class);
    private static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS).build();

    private AdminAnswers() {
    }

    /** Runs the work of one request. */
    static Response answer(Supplier<Response> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return problem(e).response();
        }
    }

    static Response.ResponseBuilder json(int status, Object body) {
        try {
            return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Turns core's complaints about a request's values, which are worded for people, into 400. */
    static <T> T checked(Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new FieldException(null, "invalid_value", e.getMessage());
        }
    }

    static Problem problem(RuntimeException e) {
        if (e instanceof ProblemException p) {
            return p.problem();
        }
        if (e instanceof FieldException f) {
            return new Problem(400, f.getMessage(), f.field(), Map.of());
        }
        if (e instanceof Bodies.BodyTooLargeException) {
            return Problem.of(413, e.getMessage());
        }
        if (e instanceof ConflictException || e instanceof SwapInProgressException || e instanceof BelowFloorException
                || e instanceof JobStateException) {
            return Problem.of(409, e.getMessage());
        }
        if (e instanceof SwapException || e instanceof RegistryException) {
            return Problem.of(422, e.getMessage());
        }
        if (e instanceof PipelineNotReadyException) {
            return Problem.of(503, e.getMessage());
        }
        String incident = UUID.randomUUID().toString();
        LOG.errorf(e, "Incident %s", incident);
        return Problem.of(500, "internal error (incident " + incident + ")");
    }
}
