package io.advunlearn.pipeline;

import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.ParallelWork;
import io.advunlearn.tensor.TorchThreads;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One device, one computation at a time, serving first. Work comes in small pieces (one denoising step, one micro-step of an
 * erasure). A background piece waits while a serving piece waits or runs, but no longer than 250 ms, or than leaves it the
 * {@linkplain #share share} it was given, so that an erasure cannot starve. Work that asks again from within a piece runs as part of that piece.
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
    private final int threads;
    private final LongSupplier clock;
    private BackgroundShare background;
    private boolean busy;
    private volatile Thread owner;
    private int servingWaiting;
    private boolean backgroundDue;
    private boolean servedOnce;
    private long lastServed;
    private long waited;
    private long startedAt;

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
        this(maxBackgroundWait, threads, System::nanoTime);
    }

    /** @param clock nanoseconds, monotonic */
    DeviceLane(long maxBackgroundWait, int threads, LongSupplier clock) {
        if (maxBackgroundWait < 0) {
            throw new IllegalArgumentException("maxBackgroundWait must be at least 0 ms, not " + maxBackgroundWait);
        }
        this.threads = threads;
        this.clock = clock;
        background = BackgroundShare.fixed(TimeUnit.MILLISECONDS.toNanos(maxBackgroundWait));
    }

    /** How many parts of a piece of work may be computed at once, as {@link ParallelWork} does where the device is a processor. */
    public int partsAtOnce() {
        return threads == AS_IT_IS ? 1 : TorchThreads.atOnce(threads);
    }

    /**
     * Gives background work at least a share of the time in which serving work wants the device as well, in place of one piece after every so long.
     *
     * @param share between 0 and 1, both excluded
     * @throws IllegalArgumentException if it is none
     */
    public void share(double share) {
        BackgroundShare wanted = BackgroundShare.of(share, TimeUnit.MILLISECONDS.toNanos(DEFAULT_BACKGROUND_WAIT));
        lock.lock();
        try {
            background = wanted;
        } finally {
            lock.unlock();
        }
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

    /** As {@link #call} with nothing recorded: nobody goes back through the work, and kernels that need no way back are faster. */
    public <T> T callNoGrad(Priority priority, Supplier<T> work) {
        return call(priority, () -> Autograd.noGrad(work));
    }

    /** As {@link #callNoGrad}, without a result. */
    public void runNoGrad(Priority priority, Runnable work) {
        callNoGrad(priority, () -> {
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
                long since = clock.getAsLong();
                awaitBackgroundTurn(since + background.longestWait());
                startedAt = clock.getAsLong();
                waited = startedAt - since;
            }
            busy = true;
            owner = Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    private void awaitBackgroundTurn(long deadline) {
        boolean mine = false;
        try {
            while (busy || !mine && (servingWaiting > 0 || betweenServingPieces() > 0)) {
                long left = deadline - clock.getAsLong();
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
        return servedOnce ? lastServed + SERVING_GAP_NANOS - clock.getAsLong() : 0;
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
                lastServed = clock.getAsLong();
                servedOnce = true;
            } else {
                background.ran(waited, clock.getAsLong() - startedAt);
            }
            busy = false;
            owner = null;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
