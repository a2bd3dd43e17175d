package io.advunlearn.pipeline;

import java.util.concurrent.CancellationException;

/** Cooperative cancellation: long work looks at it between steps. Thread-safe. */
public final class CancellationToken {

    private volatile boolean cancelled;

    /** Asks the work that holds this token to stop at its next step. */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /** @throws CancellationException if {@link #cancel()} was called */
    public void throwIfCancelled() {
        if (cancelled) {
            throw new CancellationException("cancelled");
        }
    }
}
