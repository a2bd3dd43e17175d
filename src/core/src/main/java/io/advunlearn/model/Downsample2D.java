package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code Downsample2D}: a strided convolution. */
final class Downsample2D {

    private static final Shape RIGHT_AND_BOTTOM = new Shape(0, 1, 0, 1);

    private final Conv2d conv;

    /** @param padding 1 (UNet), or 0 (VAE), which pads right and bottom only */
    Downsample2D(Weights weights, int channels, int padding) {
        conv = Conv2d.of(weights.at("conv"), channels, channels, 3, 2, padding);
    }

    NDArray forward(NDArray x) {
        try (Scope scope = new Scope()) {
            return scope.keep(conv.forward(conv.padding() == 0 ? x.pad(RIGHT_AND_BOTTOM, 0) : x));
        }
    }
}
