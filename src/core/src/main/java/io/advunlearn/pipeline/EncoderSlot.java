package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextModel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plug: holds the active {@link EncoderSnapshot}, replaces it without touching requests in flight, and keeps the one before
 * in memory for instant rollback. Starts with the pipeline's base encoder (id {@code base}, generation 0, no erasures), which
 * never leaves memory. Thread-safe; one swap at a time.
 */
public final class EncoderSlot implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EncoderSlot.class);

    /** A request's hold on the snapshot; close it exactly once, at the end. */
    public interface Lease extends AutoCloseable {
        EncoderSnapshot snapshot();

        @Override
        void close();
    }

    /**
     * What the slot serves now.
     *
     * @param encoder id of the active encoder
     * @param digest SHA-256 of its weights file, hex
     * @param generation the slot's generation
     * @param erasures concepts its lineage erased, oldest first
     * @param previous id of the encoder kept for instant rollback, {@code null} if none
     * @param requiredErasures the floor, normalised, sorted
     * @param enforce whether requests are refused below the floor
     * @param weakened whether the active encoder was allowed below the floor
     * @param swapping whether a swap is running
     * @param unavailable why requests are refused, {@code null} if they are served
     */
    public record Status(String encoder, String digest, long generation, List<String> erasures, String previous,
            List<String> requiredErasures, boolean enforce, boolean weakened, boolean swapping, String unavailable) {
    }

    private final String pipeline;
    private final EncoderLoader loader;
    private final LoadedEncoder base;
    private final boolean enforce;
    private final ReentrantLock swapping = new ReentrantLock();
    private volatile ErasureFloor floor;
    private volatile EncoderSnapshot active;
    private volatile LoadedEncoder previous;
    private volatile String held;
    private volatile boolean closed;

    /**
     * @param pipeline its name, for messages
     * @param loader loads encoders for this pipeline
     * @param baseEncoder owned by the pipeline, never closed here
     * @param baseDigest SHA-256 of the base encoder's weights file, hex
     * @param floor erasures that every active encoder must have
     * @param enforce refuse requests rather than serve an encoder below the floor; such a slot refuses until its first swap or
     *        {@link #demandBase()}, because until then nobody has said which encoder is wanted
     */
    public EncoderSlot(String pipeline, EncoderLoader loader, ClipTextModel baseEncoder, String baseDigest, ErasureFloor floor,
            boolean enforce) {
        this.pipeline = pipeline;
        this.loader = loader;
        this.enforce = enforce;
        this.floor = floor;
        base = new LoadedEncoder(EncoderSnapshot.BASE_ID, baseDigest, List.of(), baseEncoder, () -> { });
        active = new EncoderSnapshot(base.retain(), 0, false);
        held = enforce ? "the encoder it must serve is not loaded yet" : null;
    }

    /** @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it */
    public Lease acquire() {
        while (!closed) {
            EncoderSnapshot snapshot = active;
            String reason = unavailable(snapshot);
            if (reason != null) {
                throw new EncoderUnavailableException("pipeline '" + pipeline + "' refuses requests: " + reason);
            }
            if (snapshot.tryRetain()) {
                return new SnapshotLease(snapshot);
            }
        }
        throw new EncoderUnavailableException("pipeline '" + pipeline + "' is closed");
    }

    private String unavailable(EncoderSnapshot snapshot) {
        String reason = held;
        if (reason != null) {
            return reason;
        }
        if (!enforce || snapshot.weakened()) {
            return null;
        }
        List<String> missing = floor.missing(snapshot.erasures());
        return missing.isEmpty() ? null : "the active encoder '" + snapshot.id() + "' has not erased " + String.join(", ", missing);
    }

    public Status status() {
        EncoderSnapshot now = active;
        LoadedEncoder before = previous;
        return new Status(now.id(), now.digest(), now.generation(), now.erasures(), before == null ? null : before.id(),
                floor.required().stream().sorted().toList(), enforce, now.weakened(), swapping.isLocked(), unavailable(now));
    }

    public ErasureFloor floor() {
        return floor;
    }

    /** Replaces the floor, at once, for the active encoder and all later swaps. */
    public void floor(ErasureFloor newFloor) {
        floor = newFloor;
    }

    /** Says that the base encoder is the one to serve: an enforcing slot serves it if it meets the floor. */
    public void demandBase() {
        held = null;
    }

    /** As {@link #swap(SwapRequest, LongSupplier)}, with the request's generation. */
    public SwapResult swap(SwapRequest request) {
        return swap(request, request::generation);
    }

    /**
     * Loads beside, verifies, commits, flips. Requests in flight keep the encoder they started with. An encoder that is still in
     * memory (the base encoder, the active and the previous one) is not loaded again.
     *
     * @param commit makes the change durable once the encoder is verified and gives the new generation; if it throws, nothing
     *        changes and the loaded encoder is freed
     * @throws SwapInProgressException if another swap is running
     * @throws BelowFloorException if the encoder lacks a required erasure and the request does not weaken
     * @throws SwapException if the encoder does not pass a check
     */
    public SwapResult swap(SwapRequest request, LongSupplier commit) {
        if (!swapping.tryLock()) {
            throw new SwapInProgressException("another swap of pipeline '" + pipeline + "' is running");
        }
        try {
            if (closed) {
                throw new SwapException("pipeline '" + pipeline + "' is closed");
            }
            if (request.generation() <= active.generation()) {
                throw new SwapException("generation " + request.generation() + " is not newer than generation " + active.generation()
                        + ", which pipeline '" + pipeline + "' serves");
            }
            boolean weakened = checkFloor(request);
            EncoderLoader.Loaded next = inMemory(request.encoder());
            if (next == null) {
                next = loader.load(request.encoder());
            }
            return commitAndFlip(next, weakened, commit);
        } finally {
            swapping.unlock();
        }
    }

    /** Whether the encoder is below the floor and allowed to be. */
    private boolean checkFloor(SwapRequest request) {
        String id = request.encoder() == null ? EncoderSnapshot.BASE_ID : request.encoder().id();
        List<String> missing = floor.missing(request.encoder() == null ? List.of() : request.encoder().erasures());
        if (!missing.isEmpty() && !request.weaken()) {
            throw new BelowFloorException(id, missing);
        }
        return !missing.isEmpty();
    }

    /** With a hold for the caller; {@code null} if it has to be loaded. */
    private EncoderLoader.Loaded inMemory(EncoderSource wanted) {
        if (wanted == null) {
            return new EncoderLoader.Loaded(base.retain(), 0, 0);
        }
        for (LoadedEncoder loaded : new LoadedEncoder[] {active.loaded(), previous}) {
            if (loaded != null && loaded.id().equals(wanted.id()) && loaded.digest().equals(wanted.digest())
                    && loaded.erasures().equals(wanted.erasures())) {
                return new EncoderLoader.Loaded(loaded.retain(), 0, 0);
            }
        }
        return null;
    }

    private SwapResult commitAndFlip(EncoderLoader.Loaded next, boolean weakened, LongSupplier commit) {
        EncoderSnapshot snapshot;
        try {
            snapshot = new EncoderSnapshot(next.encoder(), commit.getAsLong(), weakened);
        } catch (RuntimeException | Error e) {
            next.encoder().release();
            throw e;
        }
        long start = System.nanoTime();
        EncoderSnapshot old = active;
        keepForRollback(old, snapshot);
        active = snapshot;
        held = null;
        long flipped = System.nanoTime();
        // The future is taken before the release, which may complete it.
        CompletableFuture<Double> drain = old.drained().thenApply(nothing -> (System.nanoTime() - flipped) / 1e6);
        drain.thenAccept(millis -> LOG.info("Pipeline {}: encoder {} (generation {}) drained after {} ms", pipeline, old.id(),
                old.generation(), Math.round(millis)));
        old.release();
        LOG.info("Pipeline {}: generation {} serves encoder {} ({})", pipeline, snapshot.generation(), snapshot.id(), snapshot.digest());
        return new SwapResult(snapshot.id(), snapshot.digest(), snapshot.generation(), old.id(), next.loadMillis(), next.verifyMillis(),
                (flipped - start) / 1e6, drain);
    }

    /** Re-activating the same encoder keeps the one before it. */
    private void keepForRollback(EncoderSnapshot old, EncoderSnapshot next) {
        if (old.loaded() == next.loaded()) {
            return;
        }
        LoadedEncoder dropped = previous;
        previous = old.loaded().retain();
        if (dropped != null) {
            dropped.release();
        }
    }

    /** Refuses new requests; encoders are freed when the requests that hold them end. */
    @Override
    public void close() {
        swapping.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            active.release();
            if (previous != null) {
                previous.release();
                previous = null;
            }
        } finally {
            swapping.unlock();
        }
    }

    private static final class SnapshotLease implements Lease {

        private final EncoderSnapshot snapshot;
        private final AtomicBoolean open = new AtomicBoolean(true);

        SnapshotLease(EncoderSnapshot snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public EncoderSnapshot snapshot() {
            if (!open.get()) {
                throw new IllegalStateException("the lease is closed");
            }
            return snapshot;
        }

        @Override
        public void close() {
            if (open.compareAndSet(true, false)) {
                snapshot.release();
            }
        }
    }
}
