package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Classification.Rule;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.pipeline.RgbImage;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** A judge in ONNX form: a classifier, or a detector of boxes whose score for a class is that of its best box. */
final class OnnxDetector implements Detector {

    /** Rows of a YOLO head before the classes: a box's centre and size. */
    private static final int BOX_ROWS = 4;

    private final String name;
    private final int labels;
    private final List<Rule> rules;
    private final String activation;
    private final boolean boxes;
    private final OnnxNetwork network;

    private OnnxDetector(String name, int labels, List<Rule> rules, String activation, boolean boxes, OnnxNetwork network) {
        this.name = name;
        this.labels = labels;
        this.rules = rules;
        this.activation = activation;
        this.boxes = boxes;
        this.network = network;
    }

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    static OnnxDetector load(ConfigFile section) {
        String name = section.name("name");
        List<String> labels = OnnxSettings.lines(section, "labels");
        List<Rule> rules = OnnxSettings.rules(section, labels);
        String activation = section.text("activation", "none", "none", "softmax", "sigmoid");
        boolean boxes = section.flag("boxes", false);
        return new OnnxDetector(name, labels.size(), rules, activation, boxes, OnnxSettings.network(section));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> concepts(String kind) {
        return Classification.concepts(rules, kind);
    }

    @Override
    public List<String> askedBy(String kind, String concept) {
        return Classification.askedBy(rules, kind, concept);
    }

    @Override
    public List<Detection> judge(Pictures pictures) {
        return pictures.images().stream().map(image -> Classification.of(rules, scores(image))).toList();
    }

    /** One score a label. */
    float[] scores(RgbImage image) {
        OnnxNetwork.Output output = network.forward(image);
        float[] logits = boxes ? best(output) : output.values();
        if (logits.length != labels) {
            throw new IllegalArgumentException(network.file() + ": labels has " + labels + " entries; the network's output of shape "
                    + Arrays.toString(output.shape()) + " has " + logits.length);
        }
        return activate(logits);
    }

    /** Each class's best box. @param output [1, 4 + classes, boxes] */
    private float[] best(OnnxNetwork.Output output) {
        if (output.shape().length != 3 || output.shape()[1] <= BOX_ROWS) {
            throw new IllegalArgumentException(network.file() + ": boxes is true; the network's output must have the shape [1, 4 + labels, boxes], not "
                    + Arrays.toString(output.shape()));
        }
        int count = (int) output.shape()[2];
        float[] best = new float[(int) output.shape()[1] - BOX_ROWS];
        Arrays.fill(best, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < best.length * count; i++) {
            best[i / count] = Math.max(best[i / count], output.values()[BOX_ROWS * count + i]);
        }
        return best;
    }

    private float[] activate(float[] logits) {
        return switch (activation) {
            case "softmax" -> softmax(logits);
            case "sigmoid" -> map(logits, x -> 1 / (1 + Math.exp(-x)));
            default -> logits;
        };
    }

    static float[] softmax(float[] logits) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - highest);
        }
        double top = highest;
        double total = sum;
        return map(logits, x -> Math.exp(x - top) / total);
    }

    private static float[] map(float[] values, DoubleUnaryOperator function) {
        float[] mapped = new float[values.length];
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = (float) function.applyAsDouble(values[i]);
        }
        return mapped;
    }

    @Override
    public void close() {
        network.close();
    }
}
