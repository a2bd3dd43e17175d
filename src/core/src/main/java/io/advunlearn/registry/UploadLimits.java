package io.advunlearn.registry;

import java.time.Duration;

/**
 * Limits of encoders that are uploaded in parts.
 *
 * @param bytes that all unfinished uploads may announce together; 0 turns uploading off
 * @param age after which an upload is abandoned, counted from its last part
 */
public record UploadLimits(long bytes, Duration age) {

    /** The largest part. */
    public static final int PART_BYTES = 32 << 20;

    public static final UploadLimits DEFAULT = new UploadLimits(8L << 30, Duration.ofDays(1));

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public UploadLimits {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must be at least 0, not " + bytes);
        }
        if (age.isNegative() || age.isZero()) {
            throw new IllegalArgumentException("age must be positive, not " + age);
        }
    }
}
