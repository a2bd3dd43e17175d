package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code Upsample2D}: nearest neighbour, then a convolution. */
final class Upsample2D {

    private final Conv2d conv;

    Upsample2D(Weights weights, int channels) {
        conv = Conv2d.same3x3(weights.at("conv"), channels, channels);
    }

    NDArray forward(NDArray x, long height, long width) {
        try (Scope scope = new Scope()) {
            return scope.keep(conv.forward(Aten.upsampleNearest(x, height, width)));
        }
    }
}
