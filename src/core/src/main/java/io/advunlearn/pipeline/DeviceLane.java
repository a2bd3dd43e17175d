package io.advunlearn.pipeline;

import io.advunlearn.tensor.TorchThreads;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One device, one computation at a time, serving first. Work comes in small pieces (one denoising step, one micro-step of an
 * erasure). A background piece waits while a serving piece waits or runs, but never longer than {@link #maxBackgroundWait},
 * so that an erasure cannot starve. Work that asks again from within a piece runs as part of that piece.
 */
public final class DeviceLane {

    /** Who asks. */
    public enum Priority { SERVING, BACKGROUND }

    /**
     * A request comes back for its next step within this time. Without it, background work would slip in between every two steps,
     * since at that instant nothing waits.
     */
    private static final long SERVING_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    private static final long DEFAULT_BACKGROUND_WAIT = 250;
    private static final int AS_IT_IS = 0;

    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition freed = lock.newCondition();
    private final long maxBackgroundWaitNanos;
    private final int threads;
    private boolean busy;
    private volatile Thread owner;
    private int servingWaiting;
    private boolean backgroundDue;
    private boolean servedOnce;
    private long lastServed;

    /** As {@link #DeviceLane()}, with a number of threads for every kernel. @param threads at least 1 */
    static DeviceLane withThreads(int threads) {
        return new DeviceLane(DEFAULT_BACKGROUND_WAIT, threads);
    }

    /** A lane whose background work waits at most 250 ms behind serving work. */
    public DeviceLane() {
        this(DEFAULT_BACKGROUND_WAIT);
    }

    /** @param maxBackgroundWait milliseconds after which a waiting background piece goes before serving pieces, at least 0 */
    public DeviceLane(long maxBackgroundWait) {
        this(maxBackgroundWait, AS_IT_IS);
    }

    private DeviceLane(long maxBackgroundWait, int threads) {
        if (maxBackgroundWait < 0) {
            throw new IllegalArgumentException("maxBackgroundWait must be at least 0 ms, not " + maxBackgroundWait);
        }
        this.threads = threads;
        maxBackgroundWaitNanos = TimeUnit.MILLISECONDS.toNanos(maxBackgroundWait);
    }

    /** Runs one piece of work when the device is free. */
    public <T> T call(Priority priority, Supplier<T> work) {
        if (owner == Thread.currentThread()) {
            return work.get();
        }
        acquire(priority);
        try {
            if (threads != AS_IT_IS) {
                TorchThreads.use(threads);
            }
            return work.get();
        } finally {
            release(priority);
        }
    }

    /** As {@link #call}, without a result. */
    public void run(Priority priority, Runnable work) {
        call(priority, () -> {
            work.run();
            return null;
        });
    }

    private void acquire(Priority priority) {
        lock.lock();
        try {
            if (priority == Priority.SERVING) {
                servingWaiting++;
                try {
                    while (busy || backgroundDue) {
                        freed.awaitUninterruptibly();
                    }
                } finally {
                    servingWaiting--;
                }
            } else {
                awaitBackgroundTurn();
            }
            busy = true;
            owner = Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    private void awaitBackgroundTurn() {
        long deadline = System.nanoTime() + maxBackgroundWaitNanos;
        boolean mine = false;
        try {
            while (busy || !mine && (servingWaiting > 0 || betweenServingPieces() > 0)) {
                long left = deadline - System.nanoTime();
                if (!busy && servingWaiting == 0 && !mine && left > 0) {
                    awaitGap(Math.min(left, betweenServingPieces()));
                } else if (left <= 0 && !backgroundDue) {
                    backgroundDue = true;
                    mine = true;
                } else if (left <= 0) {
                    freed.awaitUninterruptibly();
                } else {
                    awaitQuietly(left);
                }
            }
        } finally {
            if (mine) {
                backgroundDue = false;
            }
        }
    }

    /** Nanoseconds during which the next step of a running request is still expected; at most 0 if none is. */
    private long betweenServingPieces() {
        return servedOnce ? lastServed + SERVING_GAP_NANOS - System.nanoTime() : 0;
    }

    /** Nobody may be there to signal, so an interrupted wait ends by itself. */
    private void awaitGap(long nanos) {
        try {
            freed.awaitNanos(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitQuietly(long nanos) {
        try {
            freed.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // The piece of work itself notices cancellation; the lane only keeps the flag.
            Thread.currentThread().interrupt();
            freed.awaitUninterruptibly();
        }
    }

    private void release(Priority priority) {
        lock.lock();
        try {
            if (priority == Priority.SERVING) {
                lastServed = System.nanoTime();
                servedOnce = true;
            }
            busy = false;
            owner = null;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
