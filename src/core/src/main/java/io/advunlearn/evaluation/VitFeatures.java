package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.TwoHeadedDetector.Affine;
import io.advunlearn.model.ClipEncoderLayer;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/**
 * Features by attention: a stem of strided convolutions, patches with positions, transformer layers without a mask, mean over the
 * patches. Another architecture than {@link ConvFeatures}, so that two judges err differently.
 */
final class VitFeatures implements TwoHeadedDetector.Features {

    private final List<Affine> stem = new ArrayList<>();
    private final Affine patchEmbed;
    private final NDArray positionEmbedding;
    private final List<ClipEncoderLayer> layers = new ArrayList<>();
    private final Affine finalLayerNorm;
    private final int patchSize;
    private final double epsilon;

    VitFeatures(DetectorConfig config, Weights weights) {
        patchSize = config.integer("patch_size");
        JsonNode json = config.json();
        epsilon = json.path("layer_norm_eps").asDouble(1e-5);
        ClipTextConfig sizes = new ClipTextConfig(1, config.integer("hidden_size"), config.integer("intermediate_size"),
                config.integer("num_hidden_layers"), config.integer("num_attention_heads"), config.integer("num_tokens"),
                json.path("hidden_act").asText("quick_gelu"), epsilon, 0);
        for (int i = 0; i < json.path("stem").size(); i++) {
            stem.add(Affine.of(weights.at("stem").at(i)));
        }
        patchEmbed = Affine.of(weights.at("patch_embed"));
        positionEmbedding = weights.get("position_embedding");
        for (int i = 0; i < sizes.numHiddenLayers(); i++) {
            layers.add(new ClipEncoderLayer(weights.at("encoder.layers").at(i), sizes, false));
        }
        finalLayerNorm = Affine.of(weights.at("final_layer_norm"));
    }

    @Override
    public NDArray forward(NDArray images) {
        NDArray x = images;
        for (Affine convolution : stem) {
            x = Aten.conv2d(x, convolution.weight(), convolution.bias(), 2, 1).maximum(0);
        }
        x = Aten.conv2d(x, patchEmbed.weight(), patchEmbed.bias(), patchSize, 0);
        Shape shape = x.getShape();
        x = x.reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1).add(positionEmbedding);
        for (ClipEncoderLayer layer : layers) {
            x = layer.forward(x);
        }
        return Aten.layerNorm(x, finalLayerNorm.weight(), finalLayerNorm.bias(), epsilon).mean(new int[] {1});
    }
}
