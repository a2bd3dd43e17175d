package io.advunlearn.service.images;

import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.service.filter.FilterFailedException;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.Bodies;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.BusyException;
import io.advunlearn.service.serving.PipelineNotReadyException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Errors as OpenAI's clients read them. */
final class OpenAiErrors {

    private static final Logger LOG = LoggerFactory.getLogger(OpenAiErrors.class);

    private OpenAiErrors() {
    }

    /** The answer to whatever went wrong; unknown failures are logged, not told. */
    static Answer answer(Throwable thrown) {
        OpenAiException e = translate(thrown);
        Answer answer = Answer.json(e.status(), envelope(e));
        return e.retryAfterSeconds() > 0 ? answer.with("Retry-After", Long.toString(e.retryAfterSeconds())) : answer;
    }

    /** As {@link #answer}, for a stream whose status is already sent. */
    static Map<String, Object> envelope(Throwable thrown) {
        return envelope(translate(thrown));
    }

    private static Map<String, Object> envelope(OpenAiException e) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("message", e.getMessage());
        error.put("type", e.type());
        error.put("param", e.param());
        error.put("code", e.code());
        return Map.of("error", error);
    }

    private static OpenAiException translate(Throwable thrown) {
        return known(thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
    }

    private static OpenAiException known(Throwable thrown) {
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
        if (thrown instanceof FilterFailedException) {
            return OpenAiException.unavailable("content_filter_failed", thrown.getMessage(), 0);
        }
        if (thrown instanceof CancellationException) {
            return OpenAiException.unavailable("cancelled", "the request was cancelled", 0);
        }
        String incident = UUID.randomUUID().toString();
        LOG.error("Incident {}", incident, thrown);
        return OpenAiException.internal(incident);
    }
}
