package io.advunlearn.service.serving;

import java.util.OptionalInt;

/**
 * How much one client may ask of the image API. A client is an authenticated identity, or the address of one that is not.
 *
 * @param requestsPerMinute right or wrong
 * @param imagesPerMinute that are asked for
 * @param concurrentRequests of one tenant, or of one client without a tenant, that wait or are drawn
 */
public record RateLimits(OptionalInt requestsPerMinute, OptionalInt imagesPerMinute, OptionalInt concurrentRequests) {

    public static final RateLimits NONE = new RateLimits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public RateLimits {
        positive("requests-per-minute", requestsPerMinute);
        positive("images-per-minute", imagesPerMinute);
        positive("concurrent-requests", concurrentRequests);
    }

    private static void positive(String field, OptionalInt value) {
        if (value.isPresent() && value.getAsInt() < 1) {
            throw new IllegalArgumentException("rate-limits." + field + " must be at least 1, not " + value.getAsInt());
        }
    }
}
