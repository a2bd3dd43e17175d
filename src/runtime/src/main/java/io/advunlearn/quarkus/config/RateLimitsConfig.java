package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigDocDefault;
import java.util.OptionalInt;

/** How much one client may ask of the image API: an authenticated identity, or the address of a client without credentials. */
public interface RateLimitsConfig {

    /**
     * Requests a minute of one client; beyond it the answer is 429 with Retry-After.
     */
    @ConfigDocDefault("no limit")
    OptionalInt requestsPerMinute();

    /**
     * Images a minute that one client may ask for.
     */
    @ConfigDocDefault("no limit")
    OptionalInt imagesPerMinute();

    /**
     * Requests of one tenant, or of one client without a tenant, that may wait or be drawn at once.
     */
    @ConfigDocDefault("no limit")
    OptionalInt concurrentRequests();
}
