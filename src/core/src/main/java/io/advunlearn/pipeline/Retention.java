package io.advunlearn.pipeline;

import java.time.Duration;

/**
 * How long components that were replaced stay in memory for an instant rollback; later they are loaded again.
 *
 * @param time since they were replaced; 0 frees them at once
 * @param bytes of device memory that all of one pipeline may take; 0 frees them at once
 */
public record Retention(Duration time, long bytes) {

    /** Until the next swap. */
    public static final Retention UNLIMITED = new Retention(Duration.ofDays(36_500), Long.MAX_VALUE);

    /** For serving. */
    public static final Retention SERVING = new Retention(Duration.ofDays(1), Long.MAX_VALUE);

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public Retention {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time must not be negative, but is " + time);
        }
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must be at least 0, not " + bytes);
        }
    }
}
