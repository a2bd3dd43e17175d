package io.advunlearn.pipeline;

/**
 * How long background work may be kept waiting by serving work. Either always the same time, or so long that it gets a share of the time in which both
 * want the device: a piece that took t is to be followed by a wait of t (1 - share) / share, and a wait that was longer shortens the next ones. Times are
 * nanoseconds. Not thread-safe.
 */
final class BackgroundShare {

    private final double share;
    private double owed;

    private BackgroundShare(double share, long firstWait) {
        this.share = share;
        owed = firstWait;
    }

    /** No share: each piece waits at most so long. */
    static BackgroundShare fixed(long nanos) {
        return new BackgroundShare(Double.NaN, nanos);
    }

    /**
     * @param share between 0 and 1, both excluded
     * @param firstWait of the first piece, whose length nobody knows
     * @throws IllegalArgumentException if it is none
     */
    static BackgroundShare of(double share, long firstWait) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("device-share must be greater than 0 and less than 1, not " + share);
        }
        return new BackgroundShare(share, firstWait);
    }

    /** After how long a piece that waits goes before serving work. */
    long longestWait() {
        return (long) Math.max(0, owed);
    }

    /** After each piece. What it ran too early, because nobody else wanted the device, is not held against it. */
    void ran(long waited, long worked) {
        if (!Double.isNaN(share)) {
            owed = Math.min(0, owed - waited) + worked * (1 - share) / share;
        }
    }
}
