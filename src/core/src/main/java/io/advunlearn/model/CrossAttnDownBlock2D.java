package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** diffusers' {@code CrossAttnDownBlock2D}, and {@code DownBlock2D} when the level has no cross-attention. */
final class CrossAttnDownBlock2D {

    private final List<ResnetBlock2D> resnets = new ArrayList<>();
    private final List<Transformer2DModel> attentions = new ArrayList<>();
    private final Downsample2D downsampler;

    CrossAttnDownBlock2D(Weights weights, UNet2DConditionConfig config, int level) {
        int out = config.blockOutChannels().get(level);
        int in = level == 0 ? out : config.blockOutChannels().get(level - 1);
        for (int i = 0; i < config.layersPerBlock().get(level); i++) {
            resnets.add(new ResnetBlock2D(weights.at("resnets").at(i), i == 0 ? in : out, out, config.timeEmbedding(),
                    config.normNumGroups(), config.normEps()));
            if (config.downCrossAttention().get(level)) {
                attentions.add(new Transformer2DModel(weights.at("attentions").at(i), out, config, level));
            }
        }
        boolean last = level == config.levels() - 1;
        downsampler = last ? null : new Downsample2D(weights.at("downsamplers").at(0), out, 1);
    }

    List<Transformer2DModel> attentions() {
        return attentions;
    }

    /** Every layer's output is a skip connection for the up path. */
    List<UNetSegment> segments() {
        List<UNetSegment> segments = new ArrayList<>();
        for (int i = 0; i < resnets.size(); i++) {
            int layer = i;
            segments.add(new UNetSegment(UNetSegment.Skip.PUSHED, (input, context) -> forward(layer, input, context)));
        }
        if (downsampler != null) {
            segments.add(new UNetSegment(UNetSegment.Skip.PUSHED, (input, context) -> downsampler.forward(input.x())));
        }
        return segments;
    }

    private NDArray forward(int layer, UNetSegment.Input input, CrossAttentionContext context) {
        NDArray x = resnets.get(layer).forward(input.x(), input.activatedTime());
        return attentions.isEmpty() ? x : attentions.get(layer).forward(x, context);
    }
}
