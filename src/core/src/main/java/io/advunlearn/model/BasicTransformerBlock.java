package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code BasicTransformerBlock}: self-attention, cross-attention, gated feed-forward, each behind a layer norm. */
final class BasicTransformerBlock {

    private static final double EPS = 1e-5;
    private static final int EXPANSION = 4;

    private final LayerNorm norm1;
    private final Attention attn1;
    private final LayerNorm norm2;
    private final Attention attn2;
    private final LayerNorm norm3;
    private final Linear feedForwardIn;
    private final Linear feedForwardOut;

    BasicTransformerBlock(Weights weights, int channels, int heads, int crossAttentionDim) {
        norm1 = LayerNorm.of(weights.at("norm1"), channels, EPS);
        attn1 = new Attention(weights.at("attn1"), channels, channels, heads);
        norm2 = LayerNorm.of(weights.at("norm2"), channels, EPS);
        attn2 = new Attention(weights.at("attn2"), channels, crossAttentionDim, heads);
        norm3 = LayerNorm.of(weights.at("norm3"), channels, EPS);
        feedForwardIn = Linear.of(weights.at("ff.net.0.proj"), channels, 2L * EXPANSION * channels);
        feedForwardOut = Linear.of(weights.at("ff.net.2"), EXPANSION * channels, channels);
    }

    /** The layer that reads the text. */
    Attention crossAttention() {
        return attn2;
    }

    /** @param x [B, N, channels] */
    NDArray forward(NDArray x, CrossAttentionContext context) {
        try (Scope scope = new Scope()) {
            NDArray h = norm1.forward(x);
            h = attn1.forward(h, attn1.keysValues(h)).add(x);
            NDArray asking = norm2.forward(h);
            context.entering(attn2, asking);
            h = attn2.forward(asking, context.of(attn2)).add(h);
            NDArray gated = Aten.geglu(feedForwardIn.forward(norm3.forward(h)));
            return scope.keep(feedForwardOut.forward(gated).add(h));
        }
    }
}
