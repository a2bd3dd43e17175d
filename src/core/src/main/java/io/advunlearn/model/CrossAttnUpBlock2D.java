package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
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

    /** Every layer takes one skip connection; the next gives the size to up-sample to, so that odd sizes fit. */
    List<UNetSegment> segments() {
        List<UNetSegment> segments = new ArrayList<>();
        for (int i = 0; i < resnets.size(); i++) {
            int layer = i;
            segments.add(new UNetSegment(UNetSegment.Skip.POPPED, (input, context) -> forward(layer, input, context)));
        }
        if (upsampler != null) {
            segments.add(new UNetSegment(UNetSegment.Skip.KEPT, (input, context) -> upsampled(input.x(), input.top().getShape())));
        }
        return segments;
    }

    private NDArray forward(int layer, UNetSegment.Input input, CrossAttentionContext context) {
        NDArray x = resnets.get(layer).forward(input.x().concat(input.top(), 1), input.activatedTime());
        return attentions.isEmpty() ? x : attentions.get(layer).forward(x, context);
    }

    private NDArray upsampled(NDArray x, Shape skip) {
        return upsampler.forward(x, skip.get(2), skip.get(3));
    }
}
