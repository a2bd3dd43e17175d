package io.advunlearn.service.jobs;

import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.JobClaims.Claim;
import io.advunlearn.registry.RegistryException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who runs a job, decided without comparing clocks. A holder counts up its heartbeat, and stops by itself when it could not for three quarters of a
 * lease. Another replica takes the job over when it has seen the same heartbeat for a whole lease by its own clock: by then the holder has stopped,
 * or is dead. Both clocks need only run equally fast. Thread-safe.
 */
final class JobLeases {

    private static final Logger LOG = LoggerFactory.getLogger(JobLeases.class);
    private static final Claim NEVER = new Claim(0, "", 0, false);
    private static final int BEATS_A_LEASE = 4;

    private final JobClaims claims;
    private final String replica;
    private final long leaseNanos;
    private final LongSupplier clock;
    private final Map<Key, Lease> held = new ConcurrentHashMap<>();
    private final Map<Key, Sight> seen = new ConcurrentHashMap<>();

    private record Key(String collection, String job) { }

    /** The heartbeat that was seen, and when first. */
    private record Sight(Claim claim, long since) { }

    JobLeases(JobClaims claims, String replica, Duration lease) {
        this(claims, replica, lease, System::nanoTime);
    }

    /** @param clock nanoseconds, monotonic */
    JobLeases(JobClaims claims, String replica, Duration lease, LongSupplier clock) {
        this.claims = claims;
        this.replica = replica;
        this.leaseNanos = lease.toNanos();
        this.clock = clock;
    }

    /** How often {@link #beat} and {@link #takeOver} are to be called. */
    Duration interval() {
        return Duration.ofNanos(leaseNanos / BEATS_A_LEASE);
    }

    /** For a job that was just made, or is over and is to go on. @return empty if somebody has it */
    Optional<Lease> claim(String collection, String job) {
        Key key = new Key(collection, job);
        Optional<Claim> newest = claims.newest(collection, job);
        return newest.isEmpty() || isFree(key, newest.get()) ? take(key, newest.orElse(NEVER)) : Optional.empty();
    }

    /**
     * For a job that is not over: takes it if its holder gave it up, was a former process of this replica, or has not been heard of for a lease.
     *
     * @return empty if it has a holder, or may have one
     */
    Optional<Lease> takeOver(String collection, String job) {
        Key key = new Key(collection, job);
        if (held.containsKey(key)) {
            return Optional.empty();
        }
        Claim newest = claims.newest(collection, job).orElse(NEVER);
        return isFree(key, newest) ? take(key, newest) : Optional.empty();
    }

    private boolean isFree(Key key, Claim newest) {
        return newest.released() || isFormer(key, newest) || isExpired(key, newest);
    }

    /** A replica's name is unique, so whoever else had it is dead. */
    private boolean isFormer(Key key, Claim newest) {
        return newest.replica().equals(replica) && !held.containsKey(key);
    }

    private boolean isExpired(Key key, Claim newest) {
        long now = clock.getAsLong();
        Sight sight = seen.compute(key, (same, before) -> before != null && before.claim.equals(newest) ? before : new Sight(newest, now));
        return now - sight.since >= leaseNanos;
    }

    private synchronized Optional<Lease> take(Key key, Claim newest) {
        long before = clock.getAsLong();
        if (held.containsKey(key) || !claims.take(key.collection, key.job, newest.token() + 1, replica)) {
            return Optional.empty();
        }
        if (newest.token() > 0 && !newest.released()) {
            LOG.warn("Job {} is taken over from {}, which is gone", key.job, newest.replica());
        }
        seen.remove(key);
        Lease lease = new Lease(key, newest.token() + 1, before);
        held.put(key, lease);
        return Optional.of(lease);
    }

    /** Forgets what is over. @param jobs of a collection that are not */
    void forgetOthers(String collection, List<String> jobs) {
        seen.keySet().removeIf(key -> key.collection.equals(collection) && !jobs.contains(key.job));
    }

    /** Shows that the holder of all leases here lives. */
    void beat() {
        held.values().forEach(Lease::beat);
    }

    /** A job that is this replica's, as long as it lasts. */
    final class Lease {

        private final Key key;
        private final long token;
        private volatile long lastBeat;
        private volatile boolean lost;
        private long beats;

        private Lease(Key key, long token, long now) {
            this.key = key;
            this.token = token;
            lastBeat = now;
        }

        /** Whether another replica may have the job by now; for ever then. */
        boolean isLost() {
            if (!lost && clock.getAsLong() - lastBeat >= leaseNanos - leaseNanos / BEATS_A_LEASE) {
                lost = true;
            }
            return lost;
        }

        /** @throws ClaimLostException if another replica may have the job by now */
        void require() {
            if (isLost()) {
                throw new ClaimLostException(key.job);
            }
        }

        /** As {@link #require}, and asks the claims. */
        void renew() {
            beat();
            require();
        }

        private synchronized void beat() {
            if (isLost()) {
                return;
            }
            long before = clock.getAsLong();
            try {
                if (claims.beat(key.collection, key.job, token, beats + 1)) {
                    beats++;
                    lastBeat = before;
                } else {
                    lost = true;
                }
            } catch (RegistryException e) {
                LOG.warn("Job {}: the claim could not be renewed: {}", key.job, e.getMessage());
            }
        }

        /** Gives the job up; whatever went wrong, others take it when the lease is over. */
        synchronized void release() {
            boolean mine = !isLost();
            lost = true;
            try {
                if (mine) {
                    claims.release(key.collection, key.job, token);
                }
            } catch (RegistryException e) {
                LOG.warn("Job {}: the claim could not be given up: {}", key.job, e.getMessage());
            } finally {
                held.remove(key, this);
            }
        }
    }
}
