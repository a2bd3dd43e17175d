package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** transformers' {@code CLIPEncoderLayer}: with the causal mask of the text model, or without for a vision model. */
public final class ClipEncoderLayer {

    private final LayerNorm layerNorm1;
    private final PreparedLinear qProj;
    private final PreparedLinear kProj;
    private final PreparedLinear vProj;
    private final PreparedLinear outProj;
    private final LayerNorm layerNorm2;
    private final PreparedLinear fc1;
    private final PreparedLinear fc2;
    private final int heads;
    private final boolean quick;
    private final boolean causal;

    ClipEncoderLayer(Weights weights, ClipTextConfig config) {
        this(weights, config, true);
    }

    /**
     * @param weights at the layer
     * @param config sizes, activation and epsilon; the vocabulary is not read
     * @param causal whether a position sees only itself and those before it
     */
    public ClipEncoderLayer(Weights weights, ClipTextConfig config, boolean causal) {
        this.causal = causal;
        int size = config.hiddenSize();
        heads = config.numAttentionHeads();
        quick = config.hiddenAct().equals("quick_gelu");
        layerNorm1 = LayerNorm.of(weights.at("layer_norm1"), size, config.layerNormEps());
        qProj = PreparedLinear.of(weights.at("self_attn.q_proj"), size, size);
        kProj = PreparedLinear.of(weights.at("self_attn.k_proj"), size, size);
        vProj = PreparedLinear.of(weights.at("self_attn.v_proj"), size, size);
        outProj = PreparedLinear.of(weights.at("self_attn.out_proj"), size, size);
        layerNorm2 = LayerNorm.of(weights.at("layer_norm2"), size, config.layerNormEps());
        fc1 = PreparedLinear.of(weights.at("mlp.fc1"), size, config.intermediateSize());
        fc2 = PreparedLinear.of(weights.at("mlp.fc2"), config.intermediateSize(), size);
    }

    /** @param x [B, N, hidden] */
    public NDArray forward(NDArray x) {
        try (Scope scope = new Scope()) {
            NDArray h = layerNorm1.forward(x);
            NDArray attended = Aten.multiHeadAttention(qProj.forward(h), kProj.forward(h), vProj.forward(h), heads, causal);
            NDArray y = outProj.forward(attended).add(x);
            NDArray inner = fc1.forward(layerNorm2.forward(y));
            return scope.keep(fc2.forward(quick ? Aten.quickGelu(inner) : Aten.gelu(inner)).add(y));
        }
    }
}
