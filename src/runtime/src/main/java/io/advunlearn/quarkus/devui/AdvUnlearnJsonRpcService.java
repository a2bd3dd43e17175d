package io.advunlearn.quarkus.devui;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.json.Answer;
import io.smallrye.common.annotation.Blocking;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the card in Dev UI asks for; a bean in dev mode only. The operations are those of the HTTP APIs, checks included, and so are their
 * answers: {@code status} and {@code body}.
 */
@Blocking
public class AdvUnlearnJsonRpcService {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AdvUnlearnService service;

    AdvUnlearnJsonRpcService(AdvUnlearnService service) {
        this.service = service;
    }

    /** As {@code GET /admin/advunlearn/pipelines}. */
    public Map<String, Object> pipelines() {
        return members(service.admin().pipelines().list());
    }

    /** As {@code GET /admin/advunlearn/encoders}. */
    public Map<String, Object> encoders() {
        return members(service.admin().encoders().list());
    }

    /** As {@code GET /admin/advunlearn/pipelines/{name}/text-encoder}. */
    public Map<String, Object> textEncoder(String pipeline) {
        return members(service.admin().pipelines().textEncoder(pipeline));
    }

    /** As {@code PUT /admin/advunlearn/pipelines/{name}/text-encoder}, within the floor and the gates. */
    public Map<String, Object> swap(String pipeline, String encoder) {
        return members(service.admin().pipelines().swap(pipeline, body(Map.of("encoder", encoder))));
    }

    /** As {@code POST /v1/images/generations}. @param steps 0 for the pipeline's default */
    public Map<String, Object> draw(String pipeline, String prompt, int steps) {
        Map<String, Object> request = new LinkedHashMap<>(Map.of("model", pipeline, "prompt", prompt));
        if (steps > 0) {
            request.put("num_inference_steps", steps);
        }
        return members(service.images().generate(body(request), null).answer().join());
    }

    private static InputStream body(Map<String, Object> members) {
        try {
            return new ByteArrayInputStream(JSON.writeValueAsBytes(members));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> members(Answer answer) {
        try {
            return Map.of("status", answer.status(), "body", JSON.readValue(answer.body(), new TypeReference<Map<String, Object>>() { }));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
