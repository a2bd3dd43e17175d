package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A judge of convolutions: 3x3 convolution, batch normalisation and ReLU a layer, mean over the picture, one linear head for objects and one for styles. */
final class ConvDetector implements Detector {

    private static final double BATCH_NORM_EPS = 1e-5;

    private record Layer(NDArray weight, NDArray bias, int stride) {
    }

    private final DetectorConfig config;
    private final NDManager manager;
    private final List<Layer> layers = new ArrayList<>();
    private final NDArray objectWeight;
    private final NDArray objectBias;
    private final NDArray styleWeight;
    private final NDArray styleBias;

    ConvDetector(DetectorConfig config, Path weightsFile, Device device) {
        this.config = config;
        manager = NDManager.newBaseManager(device, "PyTorch");
        try (Safetensors file = Safetensors.open(weightsFile)) {
            Weights weights = Weights.load(file, manager, device);
            JsonNode strides = config.json().path("layers");
            for (int i = 0; i < strides.size(); i++) {
                layers.add(fold(weights.at("blocks").at(i), strides.get(i).path(1).asInt(1)));
            }
            objectWeight = weights.at("object_head").get("weight");
            objectBias = weights.at("object_head").get("bias");
            styleWeight = weights.at("style_head").get("weight");
            styleBias = weights.at("style_head").get("bias");
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** A trained batch normalisation is an affine map of the channels, so it goes into the convolution. */
    private static Layer fold(Weights block, int stride) {
        Weights norm = block.at("bn");
        NDArray scale = norm.get("weight").div(norm.get("running_var").add(BATCH_NORM_EPS).sqrt());
        NDArray weight = block.at("conv").get("weight").mul(scale.reshape(-1, 1, 1, 1));
        NDArray bias = norm.get("bias").sub(norm.get("running_mean").mul(scale));
        return new Layer(weight, bias, stride);
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
                return Verdicts.of(config, Aten.linear(features, objectWeight, objectBias), Aten.linear(features, styleWeight, styleBias));
            }
        });
    }

    private NDArray features(NDArray images) {
        NDArray x = images;
        for (Layer layer : layers) {
            x = Aten.conv2d(x, layer.weight, layer.bias, layer.stride, 1);
            x = x.maximum(0);
        }
        Shape shape = x.getShape();
        return x.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2});
    }

    @Override
    public void close() {
        manager.close();
    }
}
