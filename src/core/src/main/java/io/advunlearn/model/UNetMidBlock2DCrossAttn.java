package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code UNetMidBlock2DCrossAttn} with its one layer. */
final class UNetMidBlock2DCrossAttn {

    private final ResnetBlock2D resnet1;
    private final Transformer2DModel attention;
    private final ResnetBlock2D resnet2;

    UNetMidBlock2DCrossAttn(Weights weights, UNet2DConditionConfig config) {
        int level = config.levels() - 1;
        int channels = config.blockOutChannels().get(level);
        resnet1 = resnet(weights.at("resnets").at(0), channels, config);
        attention = new Transformer2DModel(weights.at("attentions").at(0), channels, config, level);
        resnet2 = resnet(weights.at("resnets").at(1), channels, config);
    }

    private static ResnetBlock2D resnet(Weights weights, int channels, UNet2DConditionConfig config) {
        return new ResnetBlock2D(weights, channels, channels, config.timeEmbedding(), config.normNumGroups(), config.normEps());
    }

    Transformer2DModel attention() {
        return attention;
    }

    UNetSegment segment() {
        return new UNetSegment(UNetSegment.Skip.KEPT, this::forward);
    }

    private NDArray forward(UNetSegment.Input input, CrossAttentionContext context) {
        NDArray x = attention.forward(resnet1.forward(input.x(), input.activatedTime()), context);
        return resnet2.forward(x, input.activatedTime());
    }
}
