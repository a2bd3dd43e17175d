package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.Deque;
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

    /** Pushes every layer's output for the up path and returns the last. */
    NDArray forward(NDArray x, NDArray activatedTime, CrossAttentionContext context, Deque<NDArray> skips) {
        for (int i = 0; i < resnets.size(); i++) {
            x = resnets.get(i).forward(x, activatedTime);
            if (!attentions.isEmpty()) {
                x = attentions.get(i).forward(x, context);
            }
            skips.push(x);
        }
        if (downsampler != null) {
            x = downsampler.forward(x);
            skips.push(x);
        }
        return x;
    }
}
