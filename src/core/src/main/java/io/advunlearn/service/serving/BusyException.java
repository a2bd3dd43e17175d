package io.advunlearn.service.serving;

/** The queue is full, or a request waited too long in it; HTTP 429. */
public final class BusyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long retryAfterSeconds;

    BusyException(String message, long retryAfterSeconds) {
        super(message, null, false, false);
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** When a place is likely to be free, at least 1. */
    public long retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
