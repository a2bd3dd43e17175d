package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** torch.nn.Linear. @param weight [out, in] @param bias [out] or null */
record Linear(NDArray weight, NDArray bias) {

    static Linear of(Weights weights, long in, long out) {
        return new Linear(weights.get("weight", out, in), weights.get("bias", out));
    }

    static Linear withoutBias(Weights weights, long in, long out) {
        return new Linear(weights.get("weight", out, in), null);
    }

    NDArray forward(NDArray x) {
        return Aten.linear(x, weight, bias);
    }
}
