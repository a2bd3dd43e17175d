package io.advunlearn.service.admin;

import io.advunlearn.service.json.Answer;
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
public record Problem(int status, String detail, String field, Map<String, String> headers) {

    public static final String MEDIA_TYPE = "application/problem+json";

    private static final Map<Integer, String> TITLES = Map.of(400, "Bad Request", 401, "Unauthorized", 403, "Forbidden", 404, "Not Found",
            405, "Method Not Allowed", 409, "Conflict", 411, "Length Required", 413, "Request Entity Too Large", 500, "Internal Server Error",
            503, "Service Unavailable");

    public static Problem of(int status, String detail) {
        return new Problem(status, detail, null, Map.of());
    }

    /**
     * The request does not carry the admin key.
     *
     * @param where the header that must carry it, in words
     * @param challenge value of {@code WWW-Authenticate}
     */
    public static Problem unauthorized(String where, String challenge) {
        return new Problem(401, where + " must carry the admin key", null, Map.of("WWW-Authenticate", challenge));
    }

    public Answer answer() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "about:blank");
        members.put("title", TITLES.getOrDefault(status, "Error"));
        members.put("status", status);
        members.put("detail", detail);
        if (field != null) {
            members.put("field", field);
        }
        Answer answer = Answer.json(status, MEDIA_TYPE, members);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            answer = answer.with(header.getKey(), header.getValue());
        }
        return answer;
    }
}
