package io.advunlearn.service.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a host sends back for a request, whichever HTTP library it has.
 *
 * @param status HTTP status
 * @param mediaType of the body
 * @param headers besides the media type and the length; {@code Location} is an absolute path
 * @param body bytes, not copied
 */
public record Answer(int status, String mediaType, Map<String, String> headers, byte[] body) {

    public static final String JSON = "application/json";

    // The service's own: what a host's JSON settings are must not change the API.
    private static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS).build();

    public static Answer json(int status, Object body) {
        return json(status, JSON, body);
    }

    /** As {@link #json(int, Object)}, for media types derived from JSON. */
    public static Answer json(int status, String mediaType, Object body) {
        try {
            return new Answer(status, mediaType, Map.of(), MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A page that may load and run nothing, and that no other page may frame. @param policy its Content-Security-Policy */
    public static Answer page(String html, String policy) {
        return new Answer(200, "text/html;charset=UTF-8", Map.of("Content-Security-Policy", policy, "X-Content-Type-Options", "nosniff", "Referrer-Policy",
                "no-referrer", "Cache-Control", "no-store"), html.getBytes(StandardCharsets.UTF_8));
    }

    /** This answer with one more header. */
    public Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, mediaType, more, body);
    }
}
