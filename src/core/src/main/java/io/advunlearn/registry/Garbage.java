package io.advunlearn.registry;

import java.time.Duration;

/**
 * Something in a registry that nobody needs.
 *
 * @param kind {@code encoder}, {@code upload} or {@code leftover}
 * @param name the encoder's or upload's id, or the path of a leftover below the registry
 * @param reason why nobody needs it
 * @param bytes that it takes on disk
 */
public record Garbage(String kind, String name, String reason, long bytes) {

    /**
     * How long things stay that nobody seems to need.
     *
     * @param encoders that nobody refers to, since their registration
     * @param uploads since their last part
     * @param leftovers temporary files that may be of a writer at work
     */
    public record Ages(Duration encoders, Duration uploads, Duration leftovers) {

        public static final Ages DEFAULT = new Ages(Duration.ofDays(30), Duration.ofDays(1), Duration.ofHours(1));

        /** Of encoders as given. */
        public Ages withEncoders(Duration age) {
            return new Ages(age, uploads, leftovers);
        }
    }
}
