package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code ResnetBlock2D} with the default time embedding. */
final class ResnetBlock2D {

    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final Linear timeEmbProj;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    private final Conv2d convShortcut;

    /** @param timeEmbedding size of the time embedding, 0 for none */
    ResnetBlock2D(Weights weights, int in, int out, int timeEmbedding, int groups, double eps) {
        norm1 = GroupNorm.of(weights.at("norm1"), in, groups, eps);
        conv1 = Conv2d.same3x3(weights.at("conv1"), in, out);
        timeEmbProj = timeEmbedding == 0 ? null : Linear.of(weights.at("time_emb_proj"), timeEmbedding, out);
        norm2 = GroupNorm.of(weights.at("norm2"), out, groups, eps);
        conv2 = Conv2d.same3x3(weights.at("conv2"), out, out);
        convShortcut = in == out ? null : Conv2d.pointwise(weights.at("conv_shortcut"), in, out);
    }

    /**
     * @param x [B, in, H, W]
     * @param activatedTime silu of the time embedding [B, timeEmbedding], computed once for all blocks; null without time embedding
     * @return [B, out, H, W]
     */
    NDArray forward(NDArray x, NDArray activatedTime) {
        try (Scope scope = new Scope()) {
            NDArray h = conv1.forward(norm1.forwardSilu(x));
            if (timeEmbProj != null) {
                h = h.add(timeEmbProj.forward(activatedTime).expandDims(2).expandDims(3));
            }
            h = conv2.forward(norm2.forwardSilu(h));
            NDArray shortcut = convShortcut == null ? x : convShortcut.forward(x);
            return scope.keep(h.add(shortcut));
        }
    }
}
