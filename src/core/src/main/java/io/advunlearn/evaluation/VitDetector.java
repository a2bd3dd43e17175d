package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.model.ClipEncoderLayer;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A judge of attention: a stem of strided convolutions, patches with positions, transformer layers without a mask, mean over the patches,
 * one linear head for objects and one for styles. Another architecture than {@link ConvDetector}, so that the two err differently.
 */
final class VitDetector implements Detector {

    private record Affine(NDArray weight, NDArray bias) {

        static Affine of(Weights weights) {
            return new Affine(weights.get("weight"), weights.get("bias"));
        }
    }

    private final DetectorConfig config;
    private final NDManager manager;
    private final List<Affine> stem = new ArrayList<>();
    private final Affine patchEmbed;
    private final NDArray positionEmbedding;
    private final List<ClipEncoderLayer> layers = new ArrayList<>();
    private final Affine finalLayerNorm;
    private final Affine objectHead;
    private final Affine styleHead;
    private final int patchSize;
    private final double epsilon;

    VitDetector(DetectorConfig config, Path weightsFile, Device device) {
        this.config = config;
        patchSize = config.integer("patch_size");
        JsonNode json = config.json();
        epsilon = json.path("layer_norm_eps").asDouble(1e-5);
        ClipTextConfig sizes = new ClipTextConfig(1, config.integer("hidden_size"), config.integer("intermediate_size"),
                config.integer("num_hidden_layers"), config.integer("num_attention_heads"), config.integer("num_tokens"),
                json.path("hidden_act").asText("quick_gelu"), epsilon, 0);
        manager = NDManager.newBaseManager(device, "PyTorch");
        try (Safetensors file = Safetensors.open(weightsFile)) {
            Weights weights = Weights.load(file, manager, device);
            for (int i = 0; i < json.path("stem").size(); i++) {
                stem.add(Affine.of(weights.at("stem").at(i)));
            }
            patchEmbed = Affine.of(weights.at("patch_embed"));
            positionEmbedding = weights.get("position_embedding");
            for (int i = 0; i < sizes.numHiddenLayers(); i++) {
                layers.add(new ClipEncoderLayer(weights.at("encoder.layers").at(i), sizes, false));
            }
            finalLayerNorm = Affine.of(weights.at("final_layer_norm"));
            objectHead = Affine.of(weights.at("object_head"));
            styleHead = Affine.of(weights.at("style_head"));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public List<String> objects() {
        return config.objects();
    }

    @Override
    public List<String> styles() {
        return config.styles();
    }

    @Override
    public List<Verdict> judge(NDArray images) {
        return Autograd.noGrad(() -> {
            try (Scope scope = new Scope()) {
                NDArray features = features(images);
                return Verdicts.of(config, Aten.linear(features, objectHead.weight, objectHead.bias),
                        Aten.linear(features, styleHead.weight, styleHead.bias));
            }
        });
    }

    private NDArray features(NDArray images) {
        NDArray x = images;
        for (Affine convolution : stem) {
            x = Aten.conv2d(x, convolution.weight, convolution.bias, 2, 1).maximum(0);
        }
        x = Aten.conv2d(x, patchEmbed.weight, patchEmbed.bias, patchSize, 0);
        Shape shape = x.getShape();
        x = x.reshape(shape.get(0), shape.get(1), -1).transpose(0, 2, 1).add(positionEmbedding);
        for (ClipEncoderLayer layer : layers) {
            x = layer.forward(x);
        }
        return Aten.layerNorm(x, finalLayerNorm.weight, finalLayerNorm.bias, epsilon).mean(new int[] {1});
    }

    @Override
    public void close() {
        manager.close();
    }
}
