package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** torch.nn.Conv2d. @param weight [out, in, k, k] @param bias [out] */
record Conv2d(NDArray weight, NDArray bias, int stride, int padding) {

    static Conv2d of(Weights weights, long in, long out, int kernel, int stride, int padding) {
        return new Conv2d(weights.get("weight", out, in, kernel, kernel), weights.get("bias", out), stride, padding);
    }

    /** 3 x 3, same size. */
    static Conv2d same3x3(Weights weights, long in, long out) {
        return of(weights, in, out, 3, 1, 1);
    }

    static Conv2d pointwise(Weights weights, long in, long out) {
        return of(weights, in, out, 1, 1, 0);
    }

    NDArray forward(NDArray x) {
        return Aten.conv2d(x, weight, bias, stride, padding);
    }
}
