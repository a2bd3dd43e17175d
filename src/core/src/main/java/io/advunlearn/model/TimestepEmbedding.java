package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code TimestepEmbedding}: the two-layer perceptron behind a conditioning vector. */
final class TimestepEmbedding {

    private final Linear linear1;
    private final Linear linear2;

    TimestepEmbedding(Weights weights, int in, int embedding) {
        linear1 = Linear.of(weights.at("linear_1"), in, embedding);
        linear2 = Linear.of(weights.at("linear_2"), embedding, embedding);
    }

    /** @param vector [B, in]; @return [B, embedding] */
    NDArray forward(NDArray vector) {
        return linear2.forward(Aten.silu(linear1.forward(vector)));
    }
}
