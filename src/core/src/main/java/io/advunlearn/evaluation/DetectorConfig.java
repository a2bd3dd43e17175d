package io.advunlearn.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What every judge's {@code config.json} holds.
 *
 * @param file the file, for messages
 * @param json all of it
 * @param objects classes of the object head
 * @param styles classes of the style head
 * @param objectThresholds lowest probability with which an object counts, one a class, 0 without thresholds
 * @param styleThresholds as for objects
 */
record DetectorConfig(Path file, JsonNode json, List<String> objects, List<String> styles, double[] objectThresholds, double[] styleThresholds) {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static DetectorConfig read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("missing " + file);
        }
        JsonNode json;
        try {
            json = MAPPER.readTree(file.toFile());
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
        }
        List<String> objects = classes(file, json, "objects");
        List<String> styles = classes(file, json, "styles");
        return new DetectorConfig(file, json, objects, styles, thresholds(file, json, "object_thresholds", objects),
                thresholds(file, json, "style_thresholds", styles));
    }

    int integer(String field) {
        JsonNode value = json.get(field);
        if (value == null || !value.isInt() || value.intValue() < 1) {
            throw new IllegalArgumentException(file + ": " + field + " must be a positive integer");
        }
        return value.intValue();
    }

    private static List<String> classes(Path file, JsonNode json, String field) {
        JsonNode list = json.path(field);
        List<String> names = new ArrayList<>();
        list.forEach(name -> names.add(name.asText()));
        if (!list.isArray() || names.isEmpty()) {
            throw new IllegalArgumentException(file + ": " + field + " must be a list of class names");
        }
        return List.copyOf(names);
    }

    /** Thresholds are one number for all classes, a list in their order, or a map by class name. */
    private static double[] thresholds(Path file, JsonNode json, String field, List<String> classes) {
        JsonNode node = json.path(field);
        double[] thresholds = new double[classes.size()];
        for (int i = 0; i < thresholds.length; i++) {
            JsonNode value = node.isArray() ? node.path(i) : node.isObject() ? node.path(classes.get(i)) : node;
            thresholds[i] = value.asDouble(0);
            if (!(thresholds[i] >= 0 && thresholds[i] <= 1)) {
                throw new IllegalArgumentException(file + ": " + field + " must lie between 0 and 1");
            }
        }
        return thresholds;
    }
}
