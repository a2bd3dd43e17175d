package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** Features by convolutions: 3x3 convolution, batch normalisation and ReLU a layer, mean over the picture. */
final class ConvFeatures implements TwoHeadedDetector.Features {

    private static final double BATCH_NORM_EPS = 1e-5;

    private record Layer(NDArray weight, NDArray bias, int stride) {
    }

    private final List<Layer> layers = new ArrayList<>();

    ConvFeatures(DetectorConfig config, Weights weights) {
        JsonNode strides = config.json().path("layers");
        for (int i = 0; i < strides.size(); i++) {
            layers.add(fold(weights.at("blocks").at(i), strides.get(i).path(1).asInt(1)));
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
    public NDArray forward(NDArray images) {
        NDArray x = images;
        for (Layer layer : layers) {
            x = Aten.conv2d(x, layer.weight, layer.bias, layer.stride, 1);
            x = x.maximum(0);
        }
        Shape shape = x.getShape();
        return x.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2});
    }
}
