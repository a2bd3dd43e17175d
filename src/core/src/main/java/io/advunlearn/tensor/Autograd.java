package io.advunlearn.tensor;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Gradients through DJL's PyTorch engine without its process-wide collector. Grad mode is per thread.
 *
 * <p>Inputs of a recorded graph that were made by {@code NDManager.create} must stay open until the gradients are read; those made by
 * {@link Tensors} and every computed array need not. Multiply by numbers with {@link Aten#scale}.
 */
public final class Autograd {

    private Autograd() { }

    /** Runs with the graph recorded; restores the mode before. */
    public static <T> T record(Supplier<T> work) {
        return inMode(true, work);
    }

    /** Runs without a graph; restores the mode before. What it returns may enter a graph later (no inference mode). */
    public static <T> T noGrad(Supplier<T> work) {
        return inMode(false, work);
    }

    /** Whether the calling thread records. (A computed array cannot be asked: the engine's binding knows gradients of leaves only.) */
    public static boolean isRecording() {
        return JniUtils.isGradMode();
    }

    private static <T> T inMode(boolean gradMode, Supplier<T> work) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(gradMode);
        try {
            return work.get();
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** A copy of {@code value}, owned by the same manager, that collects a gradient. */
    public static NDArray leaf(NDArray value) {
        NDArray copy = noGrad(value::duplicate);
        copy.setRequiresGradient(true);
        return copy;
    }

    /**
     * Back-propagates a scalar; returns the gradients of the leaves in order (owned by the loss's manager) and clears them, so that nothing
     * accumulates. A leaf the loss does not depend on gives zeros. The graph is freed: a second call for the same loss fails.
     *
     * @throws IllegalArgumentException if the loss is no scalar or was computed outside {@link #record}
     */
    public static List<NDArray> gradients(NDArray loss, List<NDArray> leaves) {
        if (loss.size() != 1) {
            throw new IllegalArgumentException("the loss must be a scalar but has shape " + loss.getShape());
        }
        return noGrad(() -> {
            try (NDArray one = loss.onesLike()) {
                return gradients(loss, one, leaves);
            }
        });
    }

    /**
     * Back-propagates an array of any shape, as the other method does a scalar.
     *
     * @param outputGradient of the output's shape: the gradient of a loss with respect to the output
     * @return the gradients of that loss with respect to the leaves
     * @throws IllegalArgumentException if the shapes differ or the output was computed outside {@link #record}
     */
    public static List<NDArray> gradients(NDArray output, NDArray outputGradient, List<NDArray> leaves) {
        if (!outputGradient.getShape().equals(output.getShape())) {
            throw new IllegalArgumentException("the output has shape " + output.getShape() + " but its gradient " + outputGradient.getShape());
        }
        return noGrad(() -> {
            backward(output, outputGradient);
            List<NDArray> gradients = new ArrayList<>(leaves.size());
            for (NDArray leaf : leaves) {
                gradients.add(takeGradient((PtNDArray) leaf, output));
            }
            return gradients;
        });
    }

    private static void backward(NDArray output, NDArray outputGradient) {
        try {
            JniUtils.backward((PtNDArray) output, (PtNDArray) outputGradient, false, false);
        } catch (EngineException e) {
            throw new IllegalArgumentException("the loss has no graph to go back through: compute it inside Autograd.record from arrays "
                    + "made by Autograd.leaf, and ask for its gradients once", e);
        }
    }

    /** The engine adds to a leaf's gradient for ever: hand out a copy and zero the original. */
    private static NDArray takeGradient(PtNDArray leaf, NDArray output) {
        PtNDArray accumulated = JniUtils.getGradient(leaf);
        if (accumulated == null) {
            return output.getManager().zeros(leaf.getShape(), leaf.getDataType());
        }
        try (accumulated) {
            NDArray gradient = accumulated.duplicate();
            gradient.attach(output.getManager());
            JniUtils.zeroGrad(leaf);
            return gradient;
        }
    }
}
