package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.Classification.Rule;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** A judge: a network of features, one linear head for objects and one for styles. Names at most one of each, by the highest probability. */
final class TwoHeadedDetector implements Detector, FeatureExtractor {

    private static final String OTHER = "other";

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

    private final String name;
    private final List<Rule> objects;
    private final List<Rule> styles;
    private final NDManager manager;
    private final Features features;
    private final Affine objectHead;
    private final Affine styleHead;

    /** @param architecture makes the feature network of the configuration and the weights */
    TwoHeadedDetector(String name, DetectorConfig config, Path weightsFile, Device device,
            BiFunction<DetectorConfig, Weights, Features> architecture) {
        this.name = name;
        objects = rules("object", config.objects(), config.objectThresholds());
        styles = rules("style", config.styles(), config.styleThresholds());
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

    private static List<Rule> rules(String kind, List<String> classes, double[] thresholds) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < thresholds.length; i++) {
            if (!classes.get(i).equals(OTHER)) {
                rules.add(new Rule(kind, classes.get(i), List.of(i), thresholds[i], 1, List.of()));
            }
        }
        return rules;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> concepts(String kind) {
        return Classification.concepts(kind.equals("style") ? styles : objects, kind);
    }

    @Override
    public List<Detection> judge(Pictures pictures) {
        return Autograd.noGrad(() -> {
            try (Scope scope = new Scope()) {
                NDArray seen = features.forward(pictures.pixels());
                float[][] objectScores = probabilities(seen, objectHead);
                float[][] styleScores = probabilities(seen, styleHead);
                List<Detection> detections = new ArrayList<>();
                for (int row = 0; row < objectScores.length; row++) {
                    detections.add(new Detection(Classification.of(objects, objectScores[row]).objects(), Classification.of(styles, styleScores[row]).styles()));
                }
                return detections;
            }
        });
    }

    /** What the heads read. */
    @Override
    public float[][] features(Pictures pictures) {
        return Autograd.noGrad(() -> {
            try (Scope scope = new Scope()) {
                return rows(features.forward(pictures.pixels()));
            }
        });
    }

    private static float[][] probabilities(NDArray seen, Affine head) {
        return rows(Aten.linear(seen, head.weight, head.bias).softmax(-1));
    }

    private static float[][] rows(NDArray matrix) {
        float[] flat = Tensors.floats(matrix);
        float[][] rows = new float[(int) matrix.getShape().get(0)][];
        int width = flat.length / rows.length;
        for (int row = 0; row < rows.length; row++) {
            rows[row] = Arrays.copyOfRange(flat, row * width, (row + 1) * width);
        }
        return rows;
    }

    @Override
    public void close() {
        manager.close();
    }
}
