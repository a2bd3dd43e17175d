package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;

/** The conditioning that diffusers calls {@code addition_embed_type: text_time}: pooled text and picture sizes, added to the time's embedding. */
final class TextTimeEmbedding {

    private final Timesteps addTimeProj;
    private final TimestepEmbedding addEmbedding;
    private final DataType dataType;

    /** @param manager owns what is computed from the configuration */
    TextTimeEmbedding(Weights weights, NDManager manager, UNet2DConditionConfig config) {
        dataType = weights.dataType();
        addTimeProj = new Timesteps(manager, config.textTime().timeEmbedDim(), config.flipSinToCos(), config.freqShift());
        addEmbedding = new TimestepEmbedding(weights.at("add_embedding"), config.textTime().inputDim(), config.timeEmbedding());
    }

    /** @return [B, timeEmbedding] */
    NDArray forward(AddedConditions added) {
        long rows = added.textEmbeds().getShape().get(0);
        NDArray sizes = addTimeProj.forward(added.timeIds()).reshape(rows, -1);
        return addEmbedding.forward(Tensors.cast(added.textEmbeds(), dataType).concat(Tensors.cast(sizes, dataType), 1));
    }
}
