package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** torch.nn.LayerNorm over the last axis. */
record LayerNorm(NDArray weight, NDArray bias, double eps) {

    static LayerNorm of(Weights weights, long size, double eps) {
        return new LayerNorm(weights.get("weight", size), weights.get("bias", size), eps);
    }

    NDArray forward(NDArray x) {
        return Aten.layerNorm(x, weight, bias, eps);
    }
}
