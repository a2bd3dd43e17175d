package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.IntBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What text encoders said of earlier prompts, most of all of the empty one, bounded by bytes; the longest unused goes first. The encoder's digest
 * is part of the key, so a swap needs no invalidation. Thread-safe.
 */
final class EmbeddingCache implements AutoCloseable {

    /** A prompt as an encoder sees it. @param second empty in families with one encoder */
    record Key(String encoder, String secondEncoder, IntBuffer ids, IntBuffer secondIds) { }

    /**
     * @param hiddenStates [1, N, D]
     * @param textEmbeds [1, P] of the SDXL family, {@code null} in the others
     */
    record Embeddings(NDArray hiddenStates, NDArray textEmbeds) {

        private Embeddings copy(NDManager owner) {
            return new Embeddings(copy(hiddenStates, owner), textEmbeds == null ? null : copy(textEmbeds, owner));
        }

        private static NDArray copy(NDArray array, NDManager owner) {
            NDArray copy = array.duplicate();
            copy.attach(owner);
            return copy;
        }

        private long bytes() {
            return bytes(hiddenStates) + (textEmbeds == null ? 0 : bytes(textEmbeds));
        }

        private static long bytes(NDArray array) {
            return array.size() * array.getDataType().getNumOfBytes();
        }
    }

    private record Entry(Embeddings embeddings, NDManager owner) { }

    private final NDManager manager;
    private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    private long limit;
    private long hits;
    private long misses;

    /** Keeps nothing until {@link #limit}. @param manager on the device; parent of what is kept */
    EmbeddingCache(NDManager manager) {
        this.manager = manager;
    }

    synchronized void limit(long newLimit) {
        limit = newLimit;
        shrink();
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized long hits() {
        return hits;
    }

    synchronized long misses() {
        return misses;
    }

    /** @param read encodes the prompt, to be owned by {@code owner}; @return owned by {@code owner} */
    synchronized Embeddings get(NDManager owner, Key key, Supplier<Embeddings> read) {
        Entry known = entries.get(key);
        if (known != null) {
            hits++;
            return known.embeddings.copy(owner);
        }
        misses++;
        Embeddings fresh = read.get();
        if (fresh.bytes() <= limit) {
            NDManager kept = manager.newSubManager();
            entries.put(key, new Entry(fresh.copy(kept), kept));
            bytes += fresh.bytes();
            shrink();
        }
        return fresh;
    }

    private void shrink() {
        Iterator<Entry> oldest = entries.values().iterator();
        while (bytes > limit) {
            Entry entry = oldest.next();
            bytes -= entry.embeddings.bytes();
            entry.owner.close();
            oldest.remove();
        }
    }

    @Override
    public synchronized void close() {
        limit(0);
    }
}
