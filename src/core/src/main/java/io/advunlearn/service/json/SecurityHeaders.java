package io.advunlearn.service.json;

import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/** Headers of every answer, whichever host sends it, unless the answer has its own: nothing is sniffed, framed or kept. */
public final class SecurityHeaders {

    /** A client's own number of its request, or one made for it; it comes back with the answer. */
    public static final String REQUEST_ID = "X-Request-Id";

    /** By name. */
    public static final Map<String, String> ALL = Map.of("X-Content-Type-Options", "nosniff", "Content-Security-Policy",
            "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy", "no-referrer", "Cache-Control", "no-store");

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private SecurityHeaders() {
    }

    /** @param header the request's {@link #REQUEST_ID}, may be null; what could do harm in a log is replaced */
    public static String requestId(String header) {
        return header != null && ID.matcher(header).matches() ? header : UUID.randomUUID().toString();
    }
}
