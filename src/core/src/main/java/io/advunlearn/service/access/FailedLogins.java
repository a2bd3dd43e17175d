package io.advunlearn.service.access;

import java.util.function.LongSupplier;

/** Slows down whoever tries keys: an address has so many wrong ones a minute, and beyond them none is even looked at. Thread-safe. */
public final class FailedLogins {

    private static final int MOST_ADDRESSES = 10_000;

    private final Buckets buckets;

    public FailedLogins(int perMinute) {
        this(perMinute, System::nanoTime);
    }

    FailedLogins(int perMinute, LongSupplier nanos) {
        if (perMinute < 1) {
            throw new IllegalArgumentException("access.failed-logins-per-minute must be at least 1, not " + perMinute);
        }
        buckets = new Buckets(perMinute, MOST_ADDRESSES, nanos);
    }

    /** @return seconds for which keys from that address are not looked at, 0 if they are */
    public long blockedSeconds(String address) {
        return buckets.wait(ClientAddress.network(address));
    }

    /** A key from that address was wrong. */
    public void failed(String address) {
        buckets.take(ClientAddress.network(address), 1);
    }
}
