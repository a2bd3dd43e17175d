package io.advunlearn.service.access;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A token bucket for each of a bounded number of keys: holds as many tokens as are refilled in a minute, bit by bit. Beyond the bound the longest
 * unused is forgotten, which is to start with a full one. Thread-safe.
 */
public final class Buckets {

    private final int perMinute;
    private final TimeMeter clock;
    private final Map<String, Bucket> buckets;

    /** @param most buckets kept; @param nanos a clock such as {@link System#nanoTime} */
    public Buckets(int perMinute, int most, LongSupplier nanos) {
        this.perMinute = perMinute;
        clock = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return nanos.getAsLong();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
        buckets = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > most;
            }
        };
    }

    /** @return seconds until there are as many tokens, 0 if they were taken */
    public long take(String key, long tokens) {
        return seconds(of(key).tryConsumeAndReturnRemaining(tokens).getNanosToWaitForRefill());
    }

    /** @return seconds until there is a token, 0 if there is one */
    public long wait(String key) {
        return seconds(of(key).estimateAbilityToConsume(1).getNanosToWaitForRefill());
    }

    private static long seconds(long nanos) {
        return (nanos + TimeUnit.SECONDS.toNanos(1) - 1) / TimeUnit.SECONDS.toNanos(1);
    }

    private synchronized Bucket of(String key) {
        return buckets.computeIfAbsent(key, fresh -> Bucket.builder().withCustomTimePrecision(clock)
                .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, Duration.ofMinutes(1))).build());
    }

    /** How many are kept now. */
    synchronized int size() {
        return buckets.size();
    }
}
