package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** diffusers' {@code CrossAttnUpBlock2D}, and {@code UpBlock2D} when the level has no cross-attention. */
final class CrossAttnUpBlock2D {

    private final List<ResnetBlock2D> resnets = new ArrayList<>();
    private final List<Transformer2DModel> attentions = new ArrayList<>();
    private final Upsample2D upsampler;

    /** @param index 0 for the lowest resolution */
    CrossAttnUpBlock2D(Weights weights, UNet2DConditionConfig config, int index) {
        int level = config.levels() - 1 - index;
        List<Integer> channels = config.blockOutChannels();
        int out = channels.get(level);
        int previous = channels.get(Math.min(level + 1, config.levels() - 1));
        int below = channels.get(Math.max(level - 1, 0));
        int layers = config.layersPerBlock().get(level) + 1;
        for (int i = 0; i < layers; i++) {
            int in = (i == 0 ? previous : out) + (i == layers - 1 ? below : out);
            resnets.add(new ResnetBlock2D(weights.at("resnets").at(i), in, out, config.timeEmbedding(), config.normNumGroups(), config.normEps()));
            if (config.upCrossAttention().get(index)) {
                attentions.add(new Transformer2DModel(weights.at("attentions").at(i), out, config, level));
            }
        }
        upsampler = level == 0 ? null : new Upsample2D(weights.at("upsamplers").at(0), out);
    }

    List<Transformer2DModel> attentions() {
        return attentions;
    }

    /** Pops one skip a layer; the next skip gives the size to up-sample to, so that odd sizes fit. */
    NDArray forward(NDArray x, NDArray activatedTime, CrossAttentionContext context, Deque<NDArray> skips) {
        for (int i = 0; i < resnets.size(); i++) {
            x = joined(resnets.get(i), x, skips.pop(), activatedTime);
            if (!attentions.isEmpty()) {
                x = attentions.get(i).forward(x, context);
            }
        }
        return upsampler == null ? x : upsampler.forward(x, skips.peek().getShape().get(2), skips.peek().getShape().get(3));
    }

    private static NDArray joined(ResnetBlock2D resnet, NDArray x, NDArray skip, NDArray activatedTime) {
        try (Scope scope = new Scope()) {
            return scope.keep(resnet.forward(x.concat(skip, 1), activatedTime));
        }
    }
}
