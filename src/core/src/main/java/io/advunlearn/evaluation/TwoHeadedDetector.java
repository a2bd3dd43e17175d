package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;

/** A judge: a network of features, one linear head for objects and one for styles. */
final class TwoHeadedDetector implements Detector {

    /** The network before the heads. */
    @FunctionalInterface
    interface Features {

        /** @param images [B, 3, H, W] in [-1, 1]; @return [B, width] */
        NDArray forward(NDArray images);
    }

    /** A weight and a bias by their state-dict names. */
    record Affine(NDArray weight, NDArray bias) {

        static Affine of(Weights weights) {
            return new Affine(weights.get("weight"), weights.get("bias"));
        }
    }

    private final DetectorConfig config;
    private final NDManager manager;
    private final Features features;
    private final Affine objectHead;
    private final Affine styleHead;

    /** @param architecture makes the feature network of the configuration and the weights */
    TwoHeadedDetector(DetectorConfig config, Path weightsFile, Device device, BiFunction<DetectorConfig, Weights, Features> architecture) {
        this.config = config;
        manager = NDManager.newBaseManager(device, "PyTorch");
        try (Safetensors file = Safetensors.open(weightsFile)) {
            Weights weights = Weights.load(file, manager, device);
            features = architecture.apply(config, weights);
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
                NDArray seen = features.forward(images);
                return Verdicts.of(config, Aten.linear(seen, objectHead.weight, objectHead.bias),
                        Aten.linear(seen, styleHead.weight, styleHead.bias));
            }
        });
    }

    @Override
    public void close() {
        manager.close();
    }
}
