package io.advunlearn.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
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

        /** As the pipeline's first slot has it, which enforces the floor and refuses requests for all. */
        Status enforcedBy(Status first) {
            return new Status(encoder, digest, generation, erasures, previous, requiredErasures, first.enforce, weakened, swapping, first.unavailable);
        }

        /** The component itself. */
        public EncoderVersion version() {
            return new EncoderVersion(encoder, digest, generation);
        }
    }

    private final SlotGroup group;
    private final String noun;
    private final ComponentLoader<N> loader;
    private final LoadedComponent<N> base;
    private final boolean enforce;
    private final boolean text;
    /** What was loaded besides the base component; what was freed is dropped at the next look. */
    private final Set<LoadedComponent<N>> loadedBeside = ConcurrentHashMap.newKeySet();
    private volatile ComponentSnapshot<N> active;
    private volatile LoadedComponent<N> previous;
    private volatile long keptSince;
    private volatile String held;
    private volatile List<LoadedComponent<N>> routed = List.of();
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
        this(new SlotGroup(pipeline, floor), loader, baseNetwork, () -> baseDigest, enforce, true);
    }

    private ComponentSlot(SlotGroup group, ComponentLoader<N> loader, N baseNetwork, Supplier<String> baseDigest, boolean enforce, boolean text) {
        this.group = group;
        this.loader = loader;
        this.enforce = enforce;
        this.text = text;
        noun = loader.noun();
        base = new LoadedComponent<>(ComponentSnapshot.BASE_ID, baseDigest, List.of(), baseNetwork, () -> { });
        active = new ComponentSnapshot<>(base.retain(), 0, false);
        held = enforce ? "the " + noun + " it must serve is not loaded yet" : null;
        group.add(this);
    }

    /**
     * A slot for another component of the same pipeline. The floor is met by all slots together, what it requires of this slot's pipeline is
     * enforced by this slot, and one swap at a time runs in any.
     *
     * @param otherDigest SHA-256 of the base's weights file, hex; whoever reads it waits until it is there
     * @param text whether it is a text encoder: what only one of several has erased, the denoiser still reads from another
     */
    <M> ComponentSlot<M> beside(ComponentLoader<M> otherLoader, M otherBase, Supplier<String> otherDigest, boolean text) {
        return new ComponentSlot<>(group, otherLoader, otherBase, otherDigest, false, text);
    }

    SlotGroup group() {
        return group;
    }

    String noun() {
        return noun;
    }

    boolean isText() {
        return text;
    }

    ComponentSnapshot<N> active() {
        return active;
    }

    /** @throws EncoderUnavailableException if the pipeline enforces its floor and no encoder meets it */
    public Lease<N> acquire() {
        while (!closed) {
            ComponentSnapshot<N> snapshot = active;
            String reason = unavailable(snapshot);
            if (reason != null) {
                throw new EncoderUnavailableException("pipeline '" + group.pipeline() + "' refuses requests: " + reason);
            }
            if (snapshot.tryRetain()) {
                return new SnapshotLease<>(snapshot);
            }
        }
        throw new EncoderUnavailableException("pipeline '" + group.pipeline() + "' is closed");
    }

    /**
     * What the active component is in memory now, read back tensor by tensor between the pieces of work of the device; also where requests are refused.
     *
     * @throws EncoderUnavailableException if the slot is closed
     */
    public MemoryChecksum checksum() {
        while (!closed) {
            ComponentSnapshot<N> snapshot = active;
            if (snapshot.tryRetain()) {
                try {
                    return loader.checksum(snapshot);
                } finally {
                    snapshot.release();
                }
            }
        }
        throw new EncoderUnavailableException("pipeline '" + group.pipeline() + "' is closed");
    }

    private String unavailable(ComponentSnapshot<N> snapshot) {
        String reason = held;
        if (reason != null) {
            return reason;
        }
        if (!enforce || snapshot.weakened() || group.weakenedBeside(this)) {
            return null;
        }
        List<String> missing = group.missing(Map.of(this, snapshot.erasures()));
        return missing.isEmpty() ? null : "the active " + noun + " '" + snapshot.id() + "' has not erased " + String.join(", ", missing);
    }

    /** A hold on a snapshot that somebody holds meanwhile. */
    static <M> Lease<M> lease(ComponentSnapshot<M> snapshot) {
        if (!snapshot.tryRetain()) {
            throw new IllegalStateException("component '" + snapshot.id() + "' was freed");
        }
        return new SnapshotLease<>(snapshot);
    }

    public Status status() {
        ComponentSnapshot<N> now = active;
        LoadedComponent<N> before = previous;
        return new Status(now.id(), now.digest(), now.generation(), now.erasures(), before == null ? null : before.id(),
                floor().required().stream().sorted().toList(), enforce, now.weakened(), group.isSwapping(), unavailable(now));
    }

    public ErasureFloor floor() {
        return group.floor();
    }

    /** Replaces the pipeline's floor, at once, for the active components and all later swaps. */
    public void floor(ErasureFloor newFloor) {
        group.floor(newFloor);
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
     * Replaces this slot's component alone, as a {@link JointSwap} of one.
     *
     * @param commit makes the change durable once the component is verified and gives the new generation; if it throws, nothing
     *        changes and what was loaded is freed
     * @throws SwapInProgressException if another swap is running
     * @throws BelowFloorException if the pipeline would lack a required erasure and the request does not weaken
     * @throws SwapException if it does not pass a check
     */
    public SwapResult swap(SwapRequest request, LongSupplier commit) {
        return new JointSwap().put(this, request.component()).run(request.generation(), request.weaken(), commit).get(0);
    }

    /**
     * @throws SwapException if the slot is closed
     * @throws OvertakenSwapException if it serves this generation or a newer one
     */
    void checkReplaceable(long generation) {
        requireOpen();
        if (generation <= active.generation()) {
            throw new OvertakenSwapException("generation " + generation + " is not newer than generation " + active.generation()
                    + ", which pipeline '" + group.pipeline() + "' serves");
        }
    }

    /** Loads and verifies what is not in memory. @param wanted {@code null} for the base component */
    Prepared prepare(ComponentSource wanted) {
        ComponentLoader.Loaded<N> next = inMemory(wanted);
        return new Prepared(next == null ? load(wanted) : next);
    }

    private ComponentLoader.Loaded<N> load(ComponentSource wanted) {
        ComponentLoader.Loaded<N> next = loader.load(wanted);
        loadedBeside.removeIf(LoadedComponent::isFreed);
        loadedBeside.add(next.component());
        return next;
    }

    /**
     * A component that is loaded and verified for one request and never becomes the active one. Outside of swaps, whatever the floor.
     *
     * @param wanted {@code null} for the base component
     * @throws SwapException saying which check failed
     */
    Lease<N> loadApart(ComponentSource wanted) {
        requireOpen();
        LoadedComponent<N> component = wanted == null ? base.retain() : load(wanted).component();
        return new SnapshotLease<>(new ComponentSnapshot<>(component, 0, true));
    }

    /** Components in memory now, the base one included. */
    int inMemory() {
        loadedBeside.removeIf(LoadedComponent::isFreed);
        return 1 + loadedBeside.size();
    }

    /**
     * A verified component with a hold for the caller, who serves it beside the active one. Within a swap.
     *
     * @param others that are in memory, each with a hold of somebody
     * @throws SwapException saying which check failed
     */
    LoadedComponent<N> hold(ComponentSource wanted, List<LoadedComponent<N>> others) {
        ComponentLoader.Loaded<N> next = inMemory(wanted, others);
        return (next == null ? load(wanted) : next).component();
    }

    /** Says what is served beside the active one, so that it is not loaded again to become the active one. */
    void routed(List<LoadedComponent<N>> loaded) {
        routed = List.copyOf(loaded);
    }

    /** @throws SwapException if the slot is closed */
    void requireOpen() {
        if (closed) {
            throw new SwapException("pipeline '" + group.pipeline() + "' is closed");
        }
    }

    private ComponentLoader.Loaded<N> inMemory(ComponentSource wanted) {
        return inMemory(wanted, routed);
    }

    /** With a hold for the caller; {@code null} if it has to be loaded. */
    private ComponentLoader.Loaded<N> inMemory(ComponentSource wanted, List<LoadedComponent<N>> others) {
        if (wanted == null) {
            return new ComponentLoader.Loaded<>(base.retain(), 0, 0);
        }
        List<LoadedComponent<N>> all = new ArrayList<>(others);
        all.addAll(Arrays.asList(active.loaded(), previous));
        for (LoadedComponent<N> loaded : all) {
            if (loaded != null && loaded.id().equals(wanted.id()) && loaded.digest().equals(wanted.digest())
                    && loaded.erasures().equals(wanted.erasures())) {
                return stillRight(loaded, wanted);
            }
        }
        return null;
    }

    /** Memory can change while it is kept: what no longer gives its recorded output is loaded anew. */
    private ComponentLoader.Loaded<N> stillRight(LoadedComponent<N> loaded, ComponentSource wanted) {
        try {
            return new ComponentLoader.Loaded<>(loaded.retain(), 0, loader.verifyOutput(loaded.network(), wanted));
        } catch (SwapException e) {
            loaded.release();
            LOG.warn("Pipeline {}: {}; it is loaded anew", group.pipeline(), e.getMessage());
            return null;
        }
    }

    /** A verified component with a hold: {@link #ready}, {@link #flip} and {@link #retireOld} follow, or {@link #discard}. */
    final class Prepared {

        private final ComponentLoader.Loaded<N> next;
        private ComponentSnapshot<N> snapshot;
        private ComponentSnapshot<N> old;
        private double commitMillis;

        private Prepared(ComponentLoader.Loaded<N> next) {
            this.next = next;
        }

        void discard() {
            next.component().release();
        }

        SwapRehearsal rehearsed(long generation) {
            return new SwapRehearsal(next.component().id(), next.component().digest(), generation, active.id(), next.loadMillis(), next.verifyMillis(), null);
        }

        /** @param millis that the commit took */
        void ready(long generation, boolean weakened, double millis) {
            commitMillis = millis;
            snapshot = new ComponentSnapshot<>(next.component(), generation, weakened);
        }

        /** Nothing but references change hands: of several slots that flip together none can fail. */
        void flip() {
            old = active;
            active = snapshot;
            held = null;
        }

        /** @param flipped when it flipped, by {@link System#nanoTime()} */
        SwapResult retireOld(double flipMillis, long flipped) {
            keepForRollback(old, snapshot);
            // The future is taken before the release, which may complete it.
            CompletableFuture<Double> drain = old.drained().thenApply(nothing -> (System.nanoTime() - flipped) / 1e6);
            drain.thenAccept(millis -> LOG.info("Pipeline {}: {} {} (generation {}) drained after {} ms", group.pipeline(), noun, old.id(),
                    old.generation(), Math.round(millis)));
            old.release();
            LOG.info("Pipeline {}: generation {} serves {} {} ({})", group.pipeline(), snapshot.generation(), noun, snapshot.id(), snapshot.digest());
            return new SwapResult(snapshot.id(), snapshot.digest(), snapshot.generation(), old.id(), next.loadMillis(), next.verifyMillis(), commitMillis,
                    flipMillis, drain, null);
        }
    }

    /** How long replaced components of the whole pipeline are kept, from now on; {@link Retention#UNLIMITED} until the first call. */
    public void retain(Retention limits) {
        group.retain(limits);
    }

    /** Frees what has been kept long enough, in the whole pipeline; to be called from time to time. */
    public void releaseExpired() {
        group.releaseExpired();
    }

    /** Device memory of the component that is kept for rollback; the base one is there anyway. */
    long keptBytes() {
        LoadedComponent<N> kept = previous;
        return kept == null || kept == base || kept == active.loaded() ? 0 : loader.bytes(kept.network());
    }

    long keptSince() {
        return keptSince;
    }

    void releaseKept() {
        LoadedComponent<N> kept = previous;
        previous = null;
        LOG.info("Pipeline {}: {} {} is no longer kept for a rollback", group.pipeline(), noun, kept.id());
        kept.release();
    }

    /** Re-activating the same component keeps the one before it. */
    private void keepForRollback(ComponentSnapshot<N> old, ComponentSnapshot<N> next) {
        if (old.loaded() == next.loaded()) {
            return;
        }
        LoadedComponent<N> dropped = previous;
        previous = old.loaded().retain();
        keptSince = group.now();
        if (dropped != null) {
            dropped.release();
        }
    }

    /** Refuses new requests; components are freed when the requests that hold them end. */
    @Override
    public void close() {
        group.betweenSwaps(() -> {
            if (closed) {
                return;
            }
            closed = true;
            active.release();
            if (previous != null) {
                previous.release();
                previous = null;
            }
        });
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
