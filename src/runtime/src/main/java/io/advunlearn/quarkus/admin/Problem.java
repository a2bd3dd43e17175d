package io.advunlearn.quarkus.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A problem document (RFC 9457).
 *
 * @param status HTTP status
 * @param detail what is wrong and what would be accepted
 * @param field name of the wrong field, {@code null} if none
 * @param headers of the answer
 */
record Problem(int status, String detail, String field, Map<String, String> headers) {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Problem of(int status, String detail) {
        return new Problem(status, detail, null, Map.of());
    }

    static Problem unauthorized() {
        return new Problem(401, "the header " + AdminKey.HEADER + " must carry the admin key", null, Map.of("WWW-Authenticate", "ApiKey"));
    }

    String json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "about:blank");
        members.put("title", title());
        members.put("status", status);
        members.put("detail", detail);
        if (field != null) {
            members.put("field", field);
        }
        try {
            return MAPPER.writeValueAsString(members);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private String title() {
        Response.Status known = Response.Status.fromStatusCode(status);
        return known == null ? "Error" : known.getReasonPhrase();
    }

    Response response() {
        Response.ResponseBuilder answer = Response.status(status).type(MEDIA_TYPE).entity(json());
        headers.forEach(answer::header);
        return answer.build();
    }
}
