package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** The one-headed self-attention in the middle of diffusers' autoencoder, with its own group norm and residual connection. */
final class VaeAttention {

    private final GroupNorm groupNorm;
    private final Linear toQ;
    private final Linear toK;
    private final Linear toV;
    private final Linear toOut;

    VaeAttention(Weights weights, int channels, int groups, double eps) {
        // checkpoints of 2022 use the names of a former class
        boolean old = weights.has("query.weight");
        groupNorm = GroupNorm.of(weights.at("group_norm"), channels, groups, eps);
        toQ = Linear.of(weights.at(old ? "query" : "to_q"), channels, channels);
        toK = Linear.of(weights.at(old ? "key" : "to_k"), channels, channels);
        toV = Linear.of(weights.at(old ? "value" : "to_v"), channels, channels);
        toOut = Linear.of(weights.at(old ? "proj_attn" : "to_out.0"), channels, channels);
    }

    /** @param x [B, C, H, W] */
    NDArray forward(NDArray x) {
        try (Scope scope = new Scope()) {
            Shape shape = x.getShape();
            NDArray rows = groupNorm.forward(x).reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1);
            NDArray attended = Aten.multiHeadAttention(toQ.forward(rows), toK.forward(rows), toV.forward(rows), 1, false);
            return scope.keep(toOut.forward(attended).transpose(0, 2, 1).reshape(shape).add(x));
        }
    }
}
