package io.advunlearn.quarkus.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.quarkus.json.Bodies;
import io.advunlearn.quarkus.json.FieldException;
import io.advunlearn.quarkus.serving.BusyException;
import io.advunlearn.quarkus.serving.PipelineNotReadyException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;

/** JSON answers as OpenAI's clients read them, whatever JSON settings the host application has. */
final class OpenAiAnswers {

    private static final Logger LOG = Logger.getLogger(OpenAiAnswers.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private OpenAiAnswers() {
    }

    static Response.ResponseBuilder json(int status, Object body) {
        try {
            return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The envelope for whatever went wrong; unknown failures are logged, not told. */
    static Response.ResponseBuilder error(Throwable thrown) {
        OpenAiException e = translate(thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("message", e.getMessage());
        error.put("type", e.type());
        error.put("param", e.param());
        error.put("code", e.code());
        Response.ResponseBuilder answer = json(e.status(), Map.of("error", error));
        if (e.retryAfterSeconds() > 0) {
            answer.header("Retry-After", e.retryAfterSeconds());
        }
        return answer;
    }

    private static OpenAiException translate(Throwable thrown) {
        if (thrown instanceof OpenAiException e) {
            return e;
        }
        if (thrown instanceof FieldException e) {
            return OpenAiException.invalid(400, e.field(), e.code(), e.getMessage());
        }
        if (thrown instanceof Bodies.BodyTooLargeException) {
            return OpenAiException.invalid(413, null, "request_too_large", thrown.getMessage());
        }
        if (thrown instanceof BusyException e) {
            return OpenAiException.busy(e.getMessage(), e.retryAfterSeconds());
        }
        if (thrown instanceof PipelineNotReadyException e) {
            return OpenAiException.unavailable("model_not_ready", e.getMessage(), 5);
        }
        if (thrown instanceof EncoderUnavailableException) {
            return OpenAiException.unavailable("encoder_unavailable", thrown.getMessage(), 0);
        }
        if (thrown instanceof CancellationException) {
            return OpenAiException.unavailable("cancelled", "the request was cancelled", 0);
        }
        String incident = UUID.randomUUID().toString();
        LOG.errorf(thrown, "Incident %s", incident);
        return OpenAiException.internal(incident);
    }
}
