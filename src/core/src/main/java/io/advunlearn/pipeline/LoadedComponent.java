package io.advunlearn.pipeline;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A component's weights in device memory, shared by the snapshots that serve it and by the slot that keeps it for rollback.
 * Born with one hold; the last release frees the memory.
 */
final class LoadedComponent<N> {

    private final String id;
    private final Supplier<String> digest;
    private final List<String> erasures;
    private final N network;
    private final Runnable free;
    private final AtomicInteger holds = new AtomicInteger(1);

    /**
     * @param digest may still be computed while the component serves; whoever asks waits for it
     * @param free closes the manager that owns the network's tensors
     */
    LoadedComponent(String id, Supplier<String> digest, List<String> erasures, N network, Runnable free) {
        this.id = id;
        this.digest = digest;
        this.erasures = List.copyOf(erasures);
        this.network = network;
        this.free = free;
    }

    String id() {
        return id;
    }

    String digest() {
        return digest.get();
    }

    List<String> erasures() {
        return erasures;
    }

    boolean isFreed() {
        return holds.get() == 0;
    }

    N network() {
        if (isFreed()) {
            throw new IllegalStateException("component '" + id + "' was used after its last release");
        }
        return network;
    }

    /** @throws IllegalStateException if it was freed: whoever shares it must hold it */
    LoadedComponent<N> retain() {
        holds.updateAndGet(count -> {
            if (count == 0) {
                throw new IllegalStateException("component '" + id + "' was freed");
            }
            return count + 1;
        });
        return this;
    }

    void release() {
        int left = holds.updateAndGet(count -> {
            if (count == 0) {
                throw new IllegalStateException("component '" + id + "' was released once too often");
            }
            return count - 1;
        });
        if (left == 0) {
            free.run();
        }
    }
}
