package io.advunlearn.registry;

import java.util.Optional;

/**
 * Which replica may run a job, kept where every replica that shares the jobs can see it. Claims of a job are numbered from 1 and the newest counts;
 * its number is a fencing token: whoever has an older one must not write for the job any more. The holder shows that it lives by counting up a
 * heartbeat. No method compares clocks: whether a heartbeat has stood still for too long is for each observer to say, by its own clock.
 *
 * <p>All methods are atomic towards each other and over all replicas, may be called by several threads, and take effect before they return.
 */
public interface JobClaims {

    /**
     * A claim.
     *
     * @param token its number
     * @param replica who made it
     * @param beats its heartbeat, from 0
     * @param released whether its holder gave it up
     */
    record Claim(long token, String replica, long beats, boolean released) { }

    /**
     * The newest claim of a job; empty if there never was one.
     *
     * @param collection {@code erasures} or {@code evaluations}
     * @param job its id
     * @throws RegistryException if the claims cannot be read
     */
    Optional<Claim> newest(String collection, String job);

    /**
     * Makes the next claim, whatever became of the one before it.
     *
     * @param token one more than the newest claim's, 1 for the first
     * @param replica who makes it
     * @return false if that number was made already, by whomever
     * @throws RegistryException if the claims cannot be written; it may then have been made all the same
     */
    boolean take(String collection, String job, long token, String replica);

    /**
     * Shows that a claim's holder lives.
     *
     * @param token the holder's
     * @param beats one more than at the last call
     * @return false if the claim was released or is not the newest any more
     * @throws RegistryException if the claims cannot be read or written
     */
    boolean beat(String collection, String job, long token, long beats);

    /** Gives a claim up, so that others need not wait; nothing happens if it is not the newest. @throws RegistryException if the claims cannot be written */
    void release(String collection, String job, long token);
}
