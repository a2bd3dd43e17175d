package io.advunlearn.djlserving;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.function.Supplier;

/**
 * The plug of a traced text encoder: the original module, and the operator's replacement if that is active. A replacement is
 * loaded beside the original, compared with it on a reference prompt, and becomes active by the exchange of one reference; a
 * module's parameters are never overwritten. Requests keep the module that they started with.
 */
final class TracedEncoder implements AutoCloseable {

    private final TracedModule original;
    private final Supplier<TracedModule> replacement;
    private final long[] referenceIds;
    private final NDManager manager;
    private volatile TracedModule active;

    /**
     * @param original what the model directory holds
     * @param replacement loads the operator's replacement, {@code null} if there is none
     * @param referenceIds token ids of the reference prompt
     * @param manager of the model's device
     */
    TracedEncoder(TracedModule original, Supplier<TracedModule> replacement, long[] referenceIds, NDManager manager) {
        this.original = original;
        this.replacement = replacement;
        this.referenceIds = referenceIds.clone();
        this.manager = manager;
        active = original;
    }

    NDList forward(NDList inputs) {
        TracedModule module = active;
        while (!module.acquire()) {
            if (module == active) {
                throw new IllegalStateException("the model is closed");
            }
            module = active;
        }
        try {
            return module.forward(inputs);
        } finally {
            module.release();
        }
    }

    boolean isReplaced() {
        return active != original;
    }

    String digest() {
        return active.digest();
    }

    boolean hasReplacement() {
        return replacement != null;
    }

    /** Makes the replacement active. @throws IllegalArgumentException if it is refused; then nothing changes */
    synchronized void replace() {
        if (replacement == null) {
            throw new IllegalArgumentException("serving.properties names no replacement.file");
        }
        if (isReplaced()) {
            return;
        }
        TracedModule loaded = replacement.get();
        try {
            check(loaded);
        } catch (RuntimeException e) {
            loaded.retire();
            throw e;
        }
        active = loaded;
    }

    /** Makes the original active, which never left. */
    synchronized void restore() {
        if (isReplaced()) {
            TracedModule before = active;
            active = original;
            before.retire();
        }
    }

    private void check(TracedModule candidate) {
        try (NDManager scope = manager.newSubManager()) {
            NDList expected = original.forward(reference(scope));
            NDList found;
            try {
                found = candidate.forward(reference(scope));
            } catch (RuntimeException e) {
                throw new IllegalArgumentException("the replacement fails on the reference prompt", e);
            }
            if (found.size() != expected.size()) {
                throw new IllegalArgumentException("the replacement gives " + found.size() + " arrays, the original " + expected.size());
            }
            for (int i = 0; i < found.size(); i++) {
                check(found.get(i), expected.get(i));
            }
        }
    }

    private NDList reference(NDManager scope) {
        return new NDList(scope.create(referenceIds).expandDims(0));
    }

    private static void check(NDArray found, NDArray expected) {
        if (!found.getShape().equals(expected.getShape()) || found.getDataType() != expected.getDataType()) {
            throw new IllegalArgumentException("for the reference prompt the replacement gives " + found.getDataType() + found.getShape()
                    + ", the original " + expected.getDataType() + expected.getShape());
        }
        NDArray values = found.toType(DataType.FLOAT32, false);
        if (values.isNaN().any().getBoolean() || values.isInfinite().any().getBoolean()) {
            throw new IllegalArgumentException("the replacement's output for the reference prompt is not finite");
        }
    }

    @Override
    public synchronized void close() {
        restore();
        original.retire();
    }
}
