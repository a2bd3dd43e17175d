package io.advunlearn.pipeline;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An immutable text encoder or UNet in use, reference-counted: the slot holds it while it is active and every request from its first to its
 * last step; the last release lets go of its tensors.
 */
public final class ComponentSnapshot<N> {

    /** The id of the component that came with the model. */
    public static final String BASE_ID = "base";

    private final LoadedComponent<N> loaded;
    private final long generation;
    private final boolean weakened;
    private final AtomicInteger holds = new AtomicInteger(1);
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    /** Takes over the caller's hold on {@code loaded}. */
    ComponentSnapshot(LoadedComponent<N> loaded, long generation, boolean weakened) {
        this.loaded = loaded;
        this.generation = generation;
        this.weakened = weakened;
    }

    public String id() {
        return loaded.id();
    }

    /** SHA-256 of the weights file, hex. */
    public String digest() {
        return loaded.digest();
    }

    /** The slot's generation, 0 for the base component before any swap. */
    public long generation() {
        return generation;
    }

    /** Concepts its lineage erased, oldest first. */
    public List<String> erasures() {
        return loaded.erasures();
    }

    /** Whether an administrator activated it although it is below the floor. */
    public boolean weakened() {
        return weakened;
    }

    /** @throws IllegalStateException if it was freed, which a request that holds a lease never sees */
    public N network() {
        return loaded.network();
    }

    LoadedComponent<N> loaded() {
        return loaded;
    }

    /** Completes when the last hold is released. */
    CompletableFuture<Void> drained() {
        return drained;
    }

    /** @return false if it was retired and drained already: take the slot's new snapshot instead */
    boolean tryRetain() {
        return holds.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    void release() {
        int left = holds.updateAndGet(count -> {
            if (count == 0) {
                throw new IllegalStateException("a snapshot of component '" + id() + "' was released once too often");
            }
            return count - 1;
        });
        if (left == 0) {
            loaded.release();
            drained.complete(null);
        }
    }
}
