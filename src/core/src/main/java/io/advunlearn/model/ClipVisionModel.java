package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** CLIPVisionModel of transformers. Immutable. Results belong to the manager of the input. */
public final class ClipVisionModel {

    private final ClipVisionConfig config;
    private final NDArray classEmbedding;
    private final NDArray patchEmbedding;
    private final NDArray positionEmbedding;
    private final LayerNorm preLayerNorm;
    private final List<ClipEncoderLayer> layers = new ArrayList<>();
    private final LayerNorm postLayerNorm;

    /**
     * @param lastHiddenState [B, 1 + patches, hidden], the class token first, without the final norm
     * @param pooled [B, hidden], the class token behind the final norm
     */
    public record Output(NDArray lastHiddenState, NDArray pooled) { }

    /** @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration */
    public ClipVisionModel(ClipVisionConfig config, Weights weights) {
        this.config = config;
        Weights vision = weights.at("vision_model");
        int size = config.hiddenSize();
        classEmbedding = vision.get("embeddings.class_embedding", size);
        patchEmbedding = vision.get("embeddings.patch_embedding.weight", size, 3, config.patchSize(), config.patchSize());
        positionEmbedding = vision.get("embeddings.position_embedding.weight", config.positions(), size);
        // transformers' own spelling
        preLayerNorm = LayerNorm.of(vision.at("pre_layrnorm"), size, config.layerNormEps());
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            layers.add(new ClipEncoderLayer(vision.at("encoder.layers").at(i), config.layers(), false));
        }
        postLayerNorm = LayerNorm.of(vision.at("post_layernorm"), size, config.layerNormEps());
    }

    public ClipVisionConfig config() {
        return config;
    }

    /** @param pixelValues [B, 3, imageSize, imageSize], normalised */
    public Output forward(NDArray pixelValues) {
        try (Scope scope = new Scope()) {
            NDArray x = preLayerNorm.forward(embed(pixelValues));
            for (ClipEncoderLayer layer : layers) {
                x = layer.forward(x);
            }
            NDArray pooled = postLayerNorm.forward(x.get(new NDIndex(":, 0")));
            x.attach(pixelValues.getManager());
            pooled.attach(pixelValues.getManager());
            return new Output(scope.keep(x), scope.keep(pooled));
        }
    }

    private NDArray embed(NDArray pixelValues) {
        NDArray patches = Aten.conv2d(pixelValues, patchEmbedding, null, config.patchSize(), 0);
        Shape shape = patches.getShape();
        NDArray flat = patches.reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1);
        NDArray token = classEmbedding.reshape(1, 1, -1).repeat(0, shape.get(0));
        return token.concat(flat, 1).add(positionEmbedding);
    }
}
