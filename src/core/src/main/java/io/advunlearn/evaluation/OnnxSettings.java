package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Classification.Rule;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.model.ImageProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What a file of judges says of an ONNX network. */
final class OnnxSettings {

    private static final int MAX_SIZE = 4096;
    private static final double MAX_SCORE = 1e6;
    private static final int CHANNELS = 3;

    private OnnxSettings() {
    }

    /** {@code model}, {@code output} and {@code preprocessing}. */
    static OnnxNetwork network(ConfigFile section) {
        Path model = section.existing("model");
        int output = section.integer("output", 0, 0);
        ConfigFile preprocessing = section.section("preprocessing").orElseThrow(() -> section.refuse("preprocessing", "missing", "an object with at least size"));
        return new OnnxNetwork(model, processor(preprocessing), output);
    }

    /** A list in the file, or a text file with one a line. */
    static List<String> lines(ConfigFile section, String field) {
        if (section.isList(field)) {
            return section.names(field, List.of());
        }
        Path file = section.existing(field);
        try {
            return Files.readAllLines(file).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
        } catch (IOException e) {
            throw section.refuse(field, file, "a list of texts, or a text file with one a line");
        }
    }

    /** One rule a concept; without {@code concepts}, every label is one. */
    static List<Rule> rules(ConfigFile section, List<String> labels) {
        String kind = kind(section, "object");
        double threshold = threshold(section, 0);
        int top = section.integer("top", 0, 0);
        List<Rule> rules = new ArrayList<>();
        Map<String, ConfigFile> concepts = section.sectionsByName("concepts");
        if (!section.has("concepts")) {
            labels.stream().distinct().forEach(label -> rules.add(new Rule(kind, label, List.of(labels.indexOf(label)), threshold, top, List.of())));
        }
        concepts.forEach((name, concept) -> {
            List<Integer> indices = indices(concept, labels, concept.names("labels", List.of(name)));
            rules.add(new Rule(kind(concept, kind), name, indices, threshold(concept, threshold), concept.integer("top", top, 0), askedBy(concept)));
            concept.refuseUnknown();
        });
        if (rules.isEmpty()) {
            throw section.refuse("concepts", "empty", "at least one concept");
        }
        return rules;
    }

    /** Prompts that lead to a concept. */
    static List<String> askedBy(ConfigFile concept) {
        return concept.has("asked_by") ? lines(concept, "asked_by") : List.of();
    }

    private static String kind(ConfigFile section, String fallback) {
        return section.text("kind", fallback, "object", "style");
    }

    private static double threshold(ConfigFile section, double fallback) {
        return section.number("threshold", fallback, -MAX_SCORE, MAX_SCORE);
    }

    private static List<Integer> indices(ConfigFile concept, List<String> labels, List<String> wanted) {
        List<Integer> indices = new ArrayList<>();
        for (String label : wanted) {
            int index = labels.indexOf(label);
            if (index < 0) {
                throw concept.refuse("labels", label, "the detector's labels");
            }
            indices.add(index);
        }
        return indices;
    }

    private static ImageProcessor processor(ConfigFile file) {
        List<Integer> size = size(file);
        int edge = file.integer("shortest_edge", 0, 0);
        if (edge != 0 && edge < Collections.max(size)) {
            throw file.refuse("shortest_edge", edge, "0, or at least the size");
        }
        List<Double> range = file.numbers("range", List.of(0.0, 1.0), 2);
        List<Double> std = file.numbers("std", Collections.nCopies(CHANNELS, 1.0), CHANNELS);
        if (std.contains(0.0)) {
            throw file.refuse("std", std, "numbers other than 0");
        }
        ImageProcessor processor = new ImageProcessor(edge, size.get(0), size.get(1), file.text("resize", "bilinear", "bilinear", "bicubic"),
                range.get(0), range.get(1), file.numbers("mean", Collections.nCopies(CHANNELS, 0.0), CHANNELS), std,
                file.text("channels", "rgb", "rgb", "bgr").equals("bgr"), file.text("layout", "nchw", "nchw", "nhwc").equals("nhwc"));
        file.refuseUnknown();
        return processor;
    }

    /** Height and width. */
    private static List<Integer> size(ConfigFile file) {
        List<Integer> size = file.isList("size") ? file.integers("size", List.of()) : Collections.nCopies(2, file.integer("size", 0, 0));
        if (size.size() != 2 || Collections.min(size) < 1 || Collections.max(size) > MAX_SIZE) {
            throw file.refuse("size", size, "a number, or a list of height and width, each from 1 to " + MAX_SIZE);
        }
        return size;
    }
}
