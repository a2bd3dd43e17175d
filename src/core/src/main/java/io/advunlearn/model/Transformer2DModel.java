package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** diffusers' {@code Transformer2DModel} over the cells of a feature map, with a convolutional or linear projection. */
final class Transformer2DModel {

    private static final double EPS = 1e-6;

    private final GroupNorm norm;
    private final Conv2d projInConv;
    private final Conv2d projOutConv;
    private final Linear projInLinear;
    private final Linear projOutLinear;
    private final List<BasicTransformerBlock> blocks = new ArrayList<>();

    Transformer2DModel(Weights weights, int channels, UNet2DConditionConfig config, int level) {
        norm = GroupNorm.of(weights.at("norm"), channels, config.normNumGroups(), EPS);
        boolean linear = config.useLinearProjection();
        projInLinear = linear ? Linear.of(weights.at("proj_in"), channels, channels) : null;
        projOutLinear = linear ? Linear.of(weights.at("proj_out"), channels, channels) : null;
        projInConv = linear ? null : Conv2d.pointwise(weights.at("proj_in"), channels, channels);
        projOutConv = linear ? null : Conv2d.pointwise(weights.at("proj_out"), channels, channels);
        for (int i = 0; i < config.transformerLayersPerBlock().get(level); i++) {
            blocks.add(new BasicTransformerBlock(weights.at("transformer_blocks").at(i), channels,
                    config.attentionHeads().get(level), config.crossAttentionDim().get(level)));
        }
    }

    List<BasicTransformerBlock> blocks() {
        return blocks;
    }

    /** @param x [B, channels, H, W]; @return the same shape */
    NDArray forward(NDArray x, CrossAttentionContext context) {
        try (Scope scope = new Scope()) {
            NDArray h = projIn(toRows(norm.forward(x)));
            for (BasicTransformerBlock block : blocks) {
                h = block.forward(h, context);
            }
            return scope.keep(toMap(projOut(h), x.getShape()).add(x));
        }
    }

    private NDArray projIn(NDArray rows) {
        return projInLinear == null ? projInConv.forwardRows(rows) : projInLinear.forward(rows);
    }

    private NDArray projOut(NDArray rows) {
        return projOutLinear == null ? projOutConv.forwardRows(rows) : projOutLinear.forward(rows);
    }

    /** [B, C, H, W] to [B, H W, C]. */
    private static NDArray toRows(NDArray map) {
        Shape shape = map.getShape();
        return map.reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1);
    }

    private static NDArray toMap(NDArray rows, Shape shape) {
        return rows.transpose(0, 2, 1).reshape(shape);
    }
}
