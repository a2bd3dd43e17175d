package io.advunlearn.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plug of one component, a text encoder or the UNet: holds the active {@link ComponentSnapshot}, replaces it without touching
 * requests in flight, and keeps the one before in memory for instant rollback. Starts with the pipeline's own component (id {@code base},
 * generation 0, no erasures), which never leaves memory. Thread-safe; one swap at a time in a pipeline.
 *
 * @param <N> the network
 */
public class ComponentSlot<N> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ComponentSlot.class);

    /** A request's hold on the snapshot; close it exactly once, at the end. */
    public interface Lease<N> extends AutoCloseable {
        ComponentSnapshot<N> snapshot();

        @Override
        void close();
    }

    /**
     * What the slot serves now.
     *
     * @param encoder id of the active component
     * @param digest SHA-256 of its weights file, hex
     * @param generation the slot's generation
     * @param erasures concepts its lineage erased, oldest first
     * @param previous id of the component kept for instant rollback, {@code null} if none
     * @param requiredErasures the floor, normalised, sorted
     * @param enforce whether requests are refused below the floor
     * @param weakened whether the active component was allowed below the floor
     * @param swapping whether a swap is running
     * @param unavailable why requests are refused, {@code null} if they are served
     */
    public record Status(String encoder, String digest, long generation, List<String> erasures, String previous,
            List<String> requiredErasures, boolean enforce, boolean weakened, boolean swapping, String unavailable) {
    }

    private final String pipeline;
    private final String noun;
    private final ComponentLoader<N> loader;
    private final LoadedComponent<N> base;
    private final boolean enforce;
    private final boolean text;
    private final ReentrantLock swapping;
    private volatile ErasureFloor floor;
    private volatile ComponentSnapshot<N> active;
    private volatile LoadedComponent<N> previous;
    /** All slots of the pipeline, this one among them. */
    private final List<ComponentSlot<?>> group;
    private volatile String held;
    private volatile boolean closed;

    /**
     * @param pipeline its name, for messages
     * @param loader loads components for this pipeline
     * @param baseNetwork owned by the pipeline, never closed here
     * @param baseDigest SHA-256 of its weights file, hex
     * @param floor erasures that the pipeline's active components must have between them
     * @param enforce refuse requests rather than serve below the floor; such a slot refuses until its first swap or
     *        {@link #demandBase()}, because until then nobody has said which component is wanted
     */
    ComponentSlot(String pipeline, ComponentLoader<N> loader, N baseNetwork, String baseDigest, ErasureFloor floor, boolean enforce) {
        this(pipeline, loader, baseNetwork, () -> baseDigest, floor, enforce, true, new ReentrantLock(), new CopyOnWriteArrayList<>());
    }

    private ComponentSlot(String pipeline, ComponentLoader<N> loader, N baseNetwork, Supplier<String> baseDigest, ErasureFloor floor,
            boolean enforce, boolean text, ReentrantLock swapping, List<ComponentSlot<?>> group) {
        this.pipeline = pipeline;
        this.loader = loader;
        this.enforce = enforce;
        this.floor = floor;
        this.swapping = swapping;
        noun = loader.noun();
        base = new LoadedComponent<>(ComponentSnapshot.BASE_ID, baseDigest, List.of(), baseNetwork, () -> { });
        active = new ComponentSnapshot<>(base.retain(), 0, false);
        this.text = text;
        this.group = group;
        group.add(this);
        held = enforce ? "the " + noun + " it must serve is not loaded yet" : null;
    }

    /**
     * A slot for another component of the same pipeline. The floor is met by all slots together, what it requires of this slot's pipeline is
     * enforced by this slot, and one swap at a time runs in any.
     *
     * @param otherDigest SHA-256 of the base's weights file, hex; whoever reads it waits until it is there
     * @param text whether it is a text encoder: what only one of several has erased, the denoiser still reads from another
     */
    <M> ComponentSlot<M> beside(ComponentLoader<M> otherLoader, M otherBase, Supplier<String> otherDigest, boolean text) {
        return new ComponentSlot<>(pipeline, otherLoader, otherBase, otherDigest, floor, false, text, swapping, group);
    }

    /** @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it */
    public Lease<N> acquire() {
        while (!closed) {
            ComponentSnapshot<N> snapshot = active;
            String reason = unavailable(snapshot);
            if (reason != null) {
                throw new EncoderUnavailableException("pipeline '" + pipeline + "' refuses requests: " + reason);
            }
            if (snapshot.tryRetain()) {
                return new SnapshotLease<>(snapshot);
            }
        }
        throw new EncoderUnavailableException("pipeline '" + pipeline + "' is closed");
    }

    private String unavailable(ComponentSnapshot<N> snapshot) {
        String reason = held;
        if (reason != null) {
            return reason;
        }
        if (!enforce || snapshot.weakened() || group.stream().anyMatch(other -> other != this && other.active.weakened())) {
            return null;
        }
        List<String> missing = missing(snapshot.erasures());
        return missing.isEmpty() ? null : "the active " + noun + " '" + snapshot.id() + "' has not erased " + String.join(", ", missing);
    }

    /** What the floor would lack if this slot served a component with these erasures: that which the UNet and some text encoder both know. */
    private List<String> missing(List<String> erasures) {
        Set<String> known = new TreeSet<>();
        List<String> ofDenoiser = new ArrayList<>();
        for (ComponentSlot<?> slot : group) {
            List<String> own = slot == this ? erasures : slot.active.erasures();
            if (slot.text) {
                known.addAll(floor.missing(own));
            } else {
                ofDenoiser.addAll(own);
            }
        }
        return known.stream().filter(floor.missing(ofDenoiser)::contains).toList();
    }

    /** Whether new requests would get this snapshot. */
    boolean isActive(ComponentSnapshot<N> snapshot) {
        return active == snapshot;
    }

    public Status status() {
        ComponentSnapshot<N> now = active;
        LoadedComponent<N> before = previous;
        return new Status(now.id(), now.digest(), now.generation(), now.erasures(), before == null ? null : before.id(),
                floor.required().stream().sorted().toList(), enforce, now.weakened(), swapping.isLocked(), unavailable(now));
    }

    public ErasureFloor floor() {
        return floor;
    }

    /** Replaces the pipeline's floor, at once, for the active components and all later swaps. */
    public void floor(ErasureFloor newFloor) {
        group.forEach(slot -> slot.floor = newFloor);
    }

    /** Says that the base component is the one to serve: an enforcing slot serves it if it meets the floor. */
    public void demandBase() {
        held = null;
    }

    /** As {@link #swap(SwapRequest, LongSupplier)}, with the request's generation. */
    public SwapResult swap(SwapRequest request) {
        return swap(request, request::generation);
    }

    /**
     * Loads beside, verifies, commits, flips. Requests in flight keep the component they started with. One that is still in
     * memory (the base, the active and the previous one) is not loaded again.
     *
     * @param commit makes the change durable once the component is verified and gives the new generation; if it throws, nothing
     *        changes and what was loaded is freed
     * @throws SwapInProgressException if another swap is running
     * @throws BelowFloorException if the pipeline would lack a required erasure and the request does not weaken
     * @throws SwapException if it does not pass a check
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
            ComponentLoader.Loaded<N> next = inMemory(request.component());
            if (next == null) {
                next = loader.load(request.component());
            }
            return commitAndFlip(next, weakened, commit);
        } finally {
            swapping.unlock();
        }
    }

    /** Whether the pipeline would be below the floor and is allowed to be. */
    private boolean checkFloor(SwapRequest request) {
        String id = request.component() == null ? ComponentSnapshot.BASE_ID : request.component().id();
        List<String> missing = missing(request.component() == null ? List.of() : request.component().erasures());
        if (!missing.isEmpty() && !request.weaken()) {
            throw new BelowFloorException(noun, id, missing);
        }
        return !missing.isEmpty();
    }

    /** With a hold for the caller; {@code null} if it has to be loaded. */
    private ComponentLoader.Loaded<N> inMemory(ComponentSource wanted) {
        if (wanted == null) {
            return new ComponentLoader.Loaded<>(base.retain(), 0, 0);
        }
        for (LoadedComponent<N> loaded : Arrays.asList(active.loaded(), previous)) {
            if (loaded != null && loaded.id().equals(wanted.id()) && loaded.digest().equals(wanted.digest())
                    && loaded.erasures().equals(wanted.erasures())) {
                return new ComponentLoader.Loaded<>(loaded.retain(), 0, 0);
            }
        }
        return null;
    }

    private SwapResult commitAndFlip(ComponentLoader.Loaded<N> next, boolean weakened, LongSupplier commit) {
        ComponentSnapshot<N> snapshot;
        try {
            snapshot = new ComponentSnapshot<>(next.component(), commit.getAsLong(), weakened);
        } catch (RuntimeException | Error e) {
            next.component().release();
            throw e;
        }
        long start = System.nanoTime();
        ComponentSnapshot<N> old = active;
        keepForRollback(old, snapshot);
        active = snapshot;
        held = null;
        long flipped = System.nanoTime();
        // The future is taken before the release, which may complete it.
        CompletableFuture<Double> drain = old.drained().thenApply(nothing -> (System.nanoTime() - flipped) / 1e6);
        drain.thenAccept(millis -> LOG.info("Pipeline {}: {} {} (generation {}) drained after {} ms", pipeline, noun, old.id(),
                old.generation(), Math.round(millis)));
        old.release();
        LOG.info("Pipeline {}: generation {} serves {} {} ({})", pipeline, snapshot.generation(), noun, snapshot.id(), snapshot.digest());
        return new SwapResult(snapshot.id(), snapshot.digest(), snapshot.generation(), old.id(), next.loadMillis(), next.verifyMillis(),
                (flipped - start) / 1e6, drain);
    }

    /** Re-activating the same component keeps the one before it. */
    private void keepForRollback(ComponentSnapshot<N> old, ComponentSnapshot<N> next) {
        if (old.loaded() == next.loaded()) {
            return;
        }
        LoadedComponent<N> dropped = previous;
        previous = old.loaded().retain();
        if (dropped != null) {
            dropped.release();
        }
    }

    /** Refuses new requests; components are freed when the requests that hold them end. */
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

    private static final class SnapshotLease<N> implements Lease<N> {

        private final ComponentSnapshot<N> snapshot;
        private final AtomicBoolean open = new AtomicBoolean(true);

        SnapshotLease(ComponentSnapshot<N> snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public ComponentSnapshot<N> snapshot() {
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
