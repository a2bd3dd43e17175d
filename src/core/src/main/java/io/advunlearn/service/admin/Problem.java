package io.advunlearn.service.admin;

import static java.util.Map.entry;

import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
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
 * @param extensions further members
 */
public record Problem(int status, String detail, String field, Map<String, String> headers, Map<String, Object> extensions) {

    public static final String MEDIA_TYPE = "application/problem+json";

    private static final Map<Integer, String> TITLES = Map.ofEntries(entry(400, "Bad Request"), entry(401, "Unauthorized"), entry(403, "Forbidden"), entry(404, "Not Found"),
            entry(405, "Method Not Allowed"), entry(409, "Conflict"), entry(411, "Length Required"), entry(413, "Request Entity Too Large"),
            entry(429, "Too Many Requests"), entry(500, "Internal Server Error"), entry(503, "Service Unavailable"),
            entry(507, "Insufficient Storage"));

    /** Without further members. */
    public Problem(int status, String detail, String field, Map<String, String> headers) {
        this(status, detail, field, headers, Map.of());
    }

    public static Problem of(int status, String detail) {
        return new Problem(status, detail, null, Map.of());
    }

    /**
     * The request does not carry a key of the admin API.
     *
     * @param where the header that must carry it, in words
     * @param challenge value of {@code WWW-Authenticate}
     */
    public static Problem unauthorized(String where, String challenge) {
        return new Problem(401, where + " must carry a key of the admin API", null, Map.of("WWW-Authenticate", challenge));
    }

    /** @param what asks for the role, for the message */
    public static Problem forbidden(Identity caller, Role needed, String what) {
        return of(403, what + " needs the role " + needed.word() + "; " + caller.name() + " has " + (caller.role() == null ? "none" : caller.role().word()));
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
        members.putAll(extensions);
        Answer answer = Answer.json(status, MEDIA_TYPE, members);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            answer = answer.with(header.getKey(), header.getValue());
        }
        return answer;
    }
}
