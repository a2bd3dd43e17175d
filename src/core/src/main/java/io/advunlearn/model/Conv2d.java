package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.ConvolutionWeight;
import io.advunlearn.tensor.Weights;

/** torch.nn.Conv2d. @param weight [out, in, k, k] @param bias [out] */
record Conv2d(ConvolutionWeight weight, NDArray bias, int stride, int padding) {

    static Conv2d of(Weights weights, long in, long out, int kernel, int stride, int padding) {
        ConvolutionWeight weight = new ConvolutionWeight(weights.get("weight", out, in, kernel, kernel), weights.isFrozen());
        return new Conv2d(weight, weights.get("bias", out), stride, padding);
    }

    /** 3 x 3, same size. */
    static Conv2d same3x3(Weights weights, long in, long out) {
        return of(weights, in, out, 3, 1, 1);
    }

    static Conv2d pointwise(Weights weights, long in, long out) {
        return of(weights, in, out, 1, 1, 0);
    }

    NDArray forward(NDArray x) {
        return weight.convolve(x, bias, stride, padding);
    }

    /** Of a 1 x 1 convolution, for maps whose cells are rows. @param rows [B, N, in]; @return [B, N, out] */
    NDArray forwardRows(NDArray rows) {
        NDArray matrix = weight.weight();
        return Aten.linear(rows, matrix.reshape(matrix.getShape().get(0), matrix.getShape().get(1)), bias);
    }
}
