package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code UNetMidBlock2D} as the autoencoder uses it: residual, attention, residual. */
final class VaeMidBlock2D {

    static final double EPS = 1e-6;

    private final ResnetBlock2D resnet1;
    private final VaeAttention attention;
    private final ResnetBlock2D resnet2;

    VaeMidBlock2D(Weights weights, AutoencoderKLConfig config) {
        int channels = config.blockOutChannels().get(config.levels() - 1);
        resnet1 = new ResnetBlock2D(weights.at("resnets").at(0), channels, channels, 0, config.normNumGroups(), EPS);
        attention = config.midBlockAddAttention() ? new VaeAttention(weights.at("attentions").at(0), channels, config.normNumGroups(), EPS) : null;
        resnet2 = new ResnetBlock2D(weights.at("resnets").at(1), channels, channels, 0, config.normNumGroups(), EPS);
    }

    NDArray forward(NDArray x) {
        NDArray h = resnet1.forward(x, null);
        return resnet2.forward(attention == null ? h : attention.forward(h), null);
    }
}
