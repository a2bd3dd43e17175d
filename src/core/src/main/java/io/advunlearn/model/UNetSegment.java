package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import java.util.Deque;

/**
 * A layer of a UNet with what it does to the stack of skip connections. All segments one after the other are the network behind its first
 * convolution, whether the whole is recorded in one graph or, as in {@link CheckpointedUnet}, one segment at a time.
 */
record UNetSegment(Skip skip, Layer layer) {

    /** What becomes of the stack of skip connections. */
    enum Skip {

        /** Stays as it is. */
        KEPT,

        /** The segment's output is put on top. */
        PUSHED,

        /** The top is part of the segment's input and taken off. */
        POPPED
    }

    /** The layer's computation; depends on nothing else, so that it can be repeated. */
    @FunctionalInterface
    interface Layer {

        NDArray forward(Input input, CrossAttentionContext context);
    }

    /**
     * @param x [B, C, h, w]
     * @param top of the skip connections, [B, C', h', w']; {@code null} when there are none
     * @param activatedTime [B, timeEmbedding], as of {@link ResnetBlock2D#forward}
     */
    record Input(NDArray x, NDArray top, NDArray activatedTime) { }

    NDArray forward(Input input, CrossAttentionContext context) {
        try (Scope scope = new Scope()) {
            return scope.keep(layer.forward(input, context));
        }
    }

    /** Leaves the stack as the next segment finds it. */
    void update(Deque<NDArray> skips, NDArray output) {
        switch (skip) {
            case PUSHED -> skips.push(output);
            case POPPED -> skips.pop();
            case KEPT -> { }
        }
    }
}
