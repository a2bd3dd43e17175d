package io.advunlearn.service.serving;

import io.advunlearn.pipeline.CancellationToken;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * A bounded first-in-first-out queue before a few threads. Refusing early with an honest Retry-After is better than letting
 * clients wait for an answer that comes after they have given up.
 */
public final class WorkQueue implements AutoCloseable {

    private static final double NEWEST_WEIGHT = 0.2;

    private final ThreadPoolExecutor executor;
    private final Duration maxWait;
    private final Set<Ticket<?>> running = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Double> meanSeconds = new AtomicReference<>(1.0);

    /**
     * @param name prefix of the threads' names
     * @param concurrency pieces of work done at once, at least 1
     * @param capacity pieces of work that may wait, at least 0
     * @param maxWait how long each may wait
     */
    public WorkQueue(String name, int concurrency, int capacity, Duration maxWait) {
        BlockingQueue<Runnable> waiting = capacity == 0 ? new SynchronousQueue<>() : new ArrayBlockingQueue<>(capacity);
        AtomicInteger number = new AtomicInteger();
        executor = new ThreadPoolExecutor(concurrency, concurrency, 0, TimeUnit.SECONDS, waiting, work -> {
            Thread thread = new Thread(work, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.maxWait = maxWait;
    }

    /** @throws BusyException if no place is free */
    public <T> Ticket<T> submit(Function<CancellationToken, T> work) {
        Ticket<T> ticket = new Ticket<>(work);
        try {
            executor.execute(ticket);
        } catch (RejectedExecutionException e) {
            if (executor.isShutdown()) {
                throw new CancellationException("shutting down");
            }
            throw new BusyException("too many requests are waiting", retryAfter());
        }
        CompletableFuture.delayedExecutor(maxWait.toMillis(), TimeUnit.MILLISECONDS).execute(ticket::expire);
        return ticket;
    }

    /** Pieces of work that wait. */
    public int depth() {
        return executor.getQueue().size();
    }

    /** Pieces of work being done. */
    public int active() {
        return executor.getActiveCount();
    }

    private long retryAfter() {
        double rounds = (double) (depth() + 1) / executor.getMaximumPoolSize();
        return Math.max(1, (long) Math.ceil(rounds * meanSeconds.get()));
    }

    /** Takes no more work; what waits is cancelled, what runs is asked to stop and given a moment. */
    @Override
    public void close() {
        executor.shutdownNow().forEach(work -> ((Ticket<?>) work).cancel());
        running.forEach(Ticket::cancel);
        try {
            executor.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One piece of work in the queue or being done. */
    public final class Ticket<T> implements Runnable {

        private final Function<CancellationToken, T> work;
        private final CancellationToken token = new CancellationToken();
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private volatile boolean started;

        private Ticket(Function<CancellationToken, T> work) {
            this.work = work;
        }

        /** The outcome; fails with BusyException after too long a wait, with CancellationException after a cancel. */
        public CompletableFuture<T> result() {
            return result;
        }

        /** Gives up the place in the queue, or asks the running work to stop at its next step. */
        public void cancel() {
            token.cancel();
            if (executor.remove(this) || !started) {
                result.cancel(false);
            }
        }

        private void expire() {
            if (executor.remove(this)) {
                result.completeExceptionally(
                        new BusyException("the request waited " + maxWait.toSeconds() + " s without reaching the device", retryAfter()));
            }
        }

        @Override
        public void run() {
            started = true;
            if (result.isDone()) {
                return;
            }
            running.add(this);
            long start = System.nanoTime();
            try {
                token.throwIfCancelled();
                T value = work.apply(token);
                double seconds = (System.nanoTime() - start) / 1e9;
                meanSeconds.updateAndGet(mean -> mean + NEWEST_WEIGHT * (seconds - mean));
                result.complete(value);
            } catch (Throwable e) {
                result.completeExceptionally(e);
            } finally {
                running.remove(this);
            }
        }
    }
}
