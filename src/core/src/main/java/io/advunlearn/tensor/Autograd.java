package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.Supplier;

/** Gradients through DJL's PyTorch engine without its process-wide collector. Grad mode is per thread. */
public final class Autograd {

    private Autograd() { }

    /** Runs with the graph recorded; restores the mode before. */
    public static <T> T record(Supplier<T> work) { throw new IllegalStateException("being written"); }

    /** Runs without a graph; restores the mode before. What it returns may enter a graph later (no inference mode). */
    public static <T> T noGrad(Supplier<T> work) { throw new IllegalStateException("being written"); }

    /** A copy of {@code value}, owned by the same manager, that collects a gradient. */
    public static NDArray leaf(NDArray value) { throw new IllegalStateException("being written"); }

    /** Back-propagates a scalar; returns the gradients of the leaves in order (owned by the loss's manager) and clears them, so that nothing accumulates. A leaf the loss does not depend on gives zeros. */
    public static List<NDArray> gradients(NDArray loss, List<NDArray> leaves) { throw new IllegalStateException("being written"); }
}
