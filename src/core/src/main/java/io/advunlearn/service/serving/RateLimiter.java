package io.advunlearn.service.serving;

import io.advunlearn.service.access.Buckets;
import io.advunlearn.service.access.ClientAddress;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.FieldException;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** Keeps clients within their {@link RateLimits}; what it remembers of them is bounded. Thread-safe. */
public final class RateLimiter {

    private static final int MOST_CLIENTS = 10_000;
    /** Nobody knows when a place becomes free. */
    private static final long PLACE_SECONDS = 1;

    private final RateLimits limits;
    private final Buckets requests;
    private final Buckets images;
    private final Map<String, Integer> running = new ConcurrentHashMap<>();

    public RateLimiter(RateLimits limits) {
        this(limits, System::nanoTime);
    }

    RateLimiter(RateLimits limits, LongSupplier nanos) {
        this.limits = limits;
        requests = buckets(limits.requestsPerMinute(), nanos);
        images = buckets(limits.imagesPerMinute(), nanos);
    }

    private static Buckets buckets(OptionalInt perMinute, LongSupplier nanos) {
        return perMinute.isPresent() ? new Buckets(perMinute.getAsInt(), MOST_CLIENTS, nanos) : null;
    }

    /** @throws BusyException if the client has had its requests, or as many are being worked on as may be */
    public Admission admit(Identity client) {
        String who = client.isAnonymous() ? "address " + ClientAddress.network(client.address()) : "identity " + client.name();
        take(requests, who, 1, "requests");
        String place = client.tenant() == null ? who : "tenant " + client.tenant();
        if (limits.concurrentRequests().isPresent() && running.merge(place, 1, Integer::sum) > limits.concurrentRequests().getAsInt()) {
            leave(place);
            throw new BusyException("at most " + limits.concurrentRequests().getAsInt() + " requests of one client may be under way at once", PLACE_SECONDS);
        }
        return new Admission(who, place);
    }

    private static void take(Buckets buckets, String who, int tokens, String what) {
        long seconds = buckets == null ? 0 : buckets.take(who, tokens);
        if (seconds > 0) {
            throw new BusyException("too many " + what + " a minute; try again in " + seconds + " s", seconds);
        }
    }

    private void leave(String place) {
        running.computeIfPresent(place, (same, count) -> count == 1 ? null : count - 1);
    }

    /** How many places are taken, by whom. */
    Map<String, Integer> running() {
        return Map.copyOf(running);
    }

    /** A request's place among those of its client; close it when the request is answered. */
    public final class Admission implements AutoCloseable {

        private final String who;
        private final String place;
        private final AtomicBoolean open = new AtomicBoolean(limits.concurrentRequests().isPresent());

        private Admission(String who, String place) {
            this.who = who;
            this.place = place;
        }

        /**
         * Counts the images that the request asks for.
         *
         * @throws BusyException if the client has had its images
         * @throws FieldException if nobody may ask for so many
         */
        public void images(int count) {
            if (limits.imagesPerMinute().isPresent() && count > limits.imagesPerMinute().getAsInt()) {
                throw new FieldException("n", "invalid_value", "n must be at most " + limits.imagesPerMinute().getAsInt() + ", the images a minute of one client");
            }
            take(images, who, count, "images");
        }

        @Override
        public void close() {
            if (open.compareAndSet(true, false)) {
                leave(place);
            }
        }
    }
}
