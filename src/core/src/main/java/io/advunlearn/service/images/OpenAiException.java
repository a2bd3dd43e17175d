package io.advunlearn.service.images;

import java.util.List;

/** A request that gets OpenAI's error envelope. */
final class OpenAiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String param;
    private final String code;
    private final long retryAfterSeconds;

    private OpenAiException(int status, String type, String param, String code, String message, long retryAfterSeconds) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    static OpenAiException invalid(int status, String param, String code, String message) {
        return new OpenAiException(status, "invalid_request_error", param, code, message, 0);
    }

    /** As OpenAI refuses what its own filter withholds. @param concepts that judges see in the images */
    static OpenAiException withheld(List<String> concepts) {
        return new OpenAiException(400, "image_generation_user_error", null, "content_policy_violation", "what was drawn shows what this server withholds ("
                + String.join(", ", concepts) + "); change the prompt", 0);
    }

    static OpenAiException busy(String message, long retryAfterSeconds) {
        return new OpenAiException(429, "rate_limit_error", null, "rate_limit_exceeded", message, retryAfterSeconds);
    }

    static OpenAiException unavailable(String code, String message, long retryAfterSeconds) {
        return new OpenAiException(503, "server_error", null, code, message, retryAfterSeconds);
    }

    /** Says nothing of what happened; the log has it under the same number. */
    static OpenAiException internal(String incident) {
        return new OpenAiException(500, "server_error", null, "internal_error", "the image could not be made (incident " + incident + ")", 0);
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    String param() {
        return param;
    }

    String code() {
        return code;
    }

    /** Seconds, 0 if the client should not be told. */
    long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
