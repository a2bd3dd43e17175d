package io.advunlearn.pipeline;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Cooperative cancellation: long work looks at it between steps. Work that was taken away from whoever does it is cancelled as well, and must not even
 * leave a checkpoint: somebody else may have written a newer one. Thread-safe.
 */
public final class CancellationToken {

    private final BooleanSupplier takenAway;
    private final BooleanSupplier outside;
    private volatile boolean cancelled;

    /** Of work that nobody takes away. */
    public CancellationToken() {
        this(() -> false);
    }

    /** @param takenAway whether somebody else may do the work by now; cheap, and once true always true */
    public CancellationToken(BooleanSupplier takenAway) {
        this(takenAway, takenAway);
    }

    /** @param outside whether something else cancels it */
    private CancellationToken(BooleanSupplier takenAway, BooleanSupplier outside) {
        this.takenAway = takenAway;
        this.outside = outside;
    }

    /** For a part of the work, which can be cancelled by itself and is cancelled with the whole. */
    public CancellationToken part() {
        return new CancellationToken(takenAway, this::isCancelled);
    }

    /** For a part of the work that is cancelled when so much time has passed. */
    public CancellationToken within(Duration time) {
        long start = System.nanoTime();
        return new CancellationToken(takenAway, () -> isCancelled() || System.nanoTime() - start >= time.toNanos());
    }

    /** Asks the work that holds this token to stop at its next step. */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled || outside.getAsBoolean();
    }

    /** Whether the work must not write anything any more. */
    public boolean isTakenAway() {
        return takenAway.getAsBoolean();
    }

    /** @throws CancellationException if {@link #cancel()} was called or the work was taken away */
    public void throwIfCancelled() {
        if (isCancelled()) {
            throw new CancellationException("cancelled");
        }
    }

    /** Before something is written that lasts. @throws CancellationException if the work was taken away */
    public void throwIfTakenAway() {
        if (isTakenAway()) {
            throw new CancellationException("taken away");
        }
    }
}
