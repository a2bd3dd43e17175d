package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** torch.nn.GroupNorm. */
record GroupNorm(NDArray weight, NDArray bias, int groups, double eps) {

    static GroupNorm of(Weights weights, long channels, int groups, double eps) {
        if (channels % groups != 0) {
            throw new IllegalArgumentException("norm_num_groups is " + groups + "; it must divide every channel count, but one is " + channels);
        }
        return new GroupNorm(weights.get("weight", channels), weights.get("bias", channels), groups, eps);
    }

    NDArray forward(NDArray x) {
        return Aten.groupNorm(x, groups, weight, bias, eps);
    }

    NDArray forwardSilu(NDArray x) {
        return Aten.groupNormSilu(x, groups, weight, bias, eps);
    }
}
