package io.advunlearn.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A {@code config.json} of diffusers or transformers. Every accessor refuses a value it cannot use with an
 * {@link IllegalArgumentException} that names the file, the field and what is accepted. An absent or null field gives the fallback.
 */
public final class ConfigFile {

    /** Python writes infinite numbers as words, which JSON itself does not have. */
    private static final ObjectMapper JSON = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

    private static final ObjectMapper YAML = YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

    private final Path path;
    private final String section;
    private final JsonNode root;
    private final Set<String> known = new HashSet<>();

    private ConfigFile(Path path, String section, JsonNode root) {
        this.path = path;
        this.section = section;
        this.root = root;
    }

    public static ConfigFile read(Path path) {
        return read(path, JSON, "JSON");
    }

    /**
     * A configuration that is in no file of its own.
     *
     * @param path what messages name
     */
    public static ConfigFile of(Path path, ObjectNode fields) {
        return new ConfigFile(path, "", fields);
    }

    /** As {@link #read}, for a file in YAML. */
    public static ConfigFile readYaml(Path path) {
        return read(path, YAML, "YAML");
    }

    private static ConfigFile read(Path path, ObjectMapper mapper, String format) {
        try {
            JsonNode root = mapper.readTree(path.toFile());
            if (root == null || !root.isObject()) {
                throw new IllegalArgumentException(path + ": is no " + format + " object");
            }
            return new ConfigFile(path, "", root);
        } catch (IOException e) {
            throw new IllegalArgumentException(path + ": cannot be read as " + format + " (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** The object in a field; messages name its fields with their path. */
    public Optional<ConfigFile> section(String field) {
        return Optional.ofNullable(field(field)).map(node -> section(field, node));
    }

    /** The objects in a list; none if it is absent. */
    public List<ConfigFile> sections(String field) {
        JsonNode node = field(field);
        if (node != null && !node.isArray()) {
            throw refuse(field, node, "a list of objects");
        }
        List<ConfigFile> sections = new ArrayList<>();
        for (int i = 0; node != null && i < node.size(); i++) {
            sections.add(section(field + "[" + i + "]", node.get(i)));
        }
        return sections;
    }

    /** The objects of an object by name, in the file's order; none if it is absent. */
    public Map<String, ConfigFile> sectionsByName(String field) {
        Map<String, ConfigFile> sections = new LinkedHashMap<>();
        section(field).ifPresent(names -> names.root.properties().forEach(entry ->
                sections.put(entry.getKey(), names.section(entry.getKey(), entry.getValue()))));
        return sections;
    }

    private ConfigFile section(String field, JsonNode node) {
        if (!node.isObject()) {
            throw refuse(field, node, "an object");
        }
        return new ConfigFile(path, section + field + ".", node);
    }

    /** Whether the field is there and not null. */
    public boolean has(String field) {
        return field(field) != null;
    }

    /** Whether the field is an object. */
    public boolean isObject(String field) {
        return has(field) && field(field).isObject();
    }

    /** Whether the field is a list. */
    public boolean isList(String field) {
        return has(field) && field(field).isArray();
    }

    /** Any text that is not blank. */
    public String name(String field, String fallback) {
        JsonNode node = field(field);
        if (node == null) {
            return fallback;
        }
        if (!node.isValueNode() || node.asText().isBlank()) {
            throw refuse(field, node, "a text that is not blank");
        }
        return node.asText().strip();
    }

    /** @throws IllegalArgumentException if it is absent */
    public String name(String field) {
        if (!has(field)) {
            throw refuse(field, "missing", "a text that is not blank");
        }
        return name(field, null);
    }

    /** A list of texts that are not blank; a single one stands for a list of one. */
    public List<String> names(String field, List<String> fallback) {
        JsonNode node = field(field);
        if (node == null) {
            return fallback;
        }
        if (!node.isArray()) {
            return List.of(name(field, null));
        }
        List<String> names = new ArrayList<>();
        for (JsonNode item : node) {
            if (!item.isValueNode() || item.asText().isBlank()) {
                throw refuse(field, node, "a list of texts that are not blank");
            }
            names.add(item.asText().strip());
        }
        return List.copyOf(names);
    }

    /** An existing file or folder, relative to this file's folder. */
    public Path existing(String field) {
        Path found = path.toAbsolutePath().getParent().resolve(name(field)).normalize();
        if (!Files.exists(found)) {
            throw refuse(field, name(field), "an existing file or folder, relative to " + path.toAbsolutePath().getParent());
        }
        return found;
    }

    /** A number within bounds. */
    public double number(String field, double fallback, double low, double high) {
        double value = number(field, fallback);
        if (!(value >= low && value <= high)) {
            throw refuse(field, value, "a number from " + low + " to " + high);
        }
        return value;
    }

    /** A list of {@code count} numbers. */
    public List<Double> numbers(String field, List<Double> fallback, int count) {
        JsonNode node = field(field);
        if (node == null) {
            return fallback;
        }
        List<Double> values = new ArrayList<>();
        node.forEach(item -> values.add(item.isNumber() ? item.doubleValue() : Double.NaN));
        if (!node.isArray() || values.size() != count || !values.stream().allMatch(Double::isFinite)) {
            throw refuse(field, node, "a list of " + count + " numbers");
        }
        return List.copyOf(values);
    }

    public Path path() {
        return path;
    }

    /** All of it, as indented JSON. */
    public String json() {
        return root.toPrettyString() + "\n";
    }

    /** A whole number of at least {@code least}. */
    public int integer(String field, int fallback, int least) {
        JsonNode node = field(field);
        return node == null ? fallback : integer(field, node, least);
    }

    public double number(String field, double fallback) {
        double number = numberOrInfinity(field, fallback);
        if (Double.isInfinite(number)) {
            throw refuse(field, number, "a number");
        }
        return number;
    }

    public double numberOrInfinity(String field, double fallback) {
        JsonNode node = field(field);
        if (node != null && (!node.isNumber() || Double.isNaN(node.doubleValue()))) {
            throw refuse(field, node, "a number");
        }
        return node == null ? fallback : node.doubleValue();
    }

    public boolean flag(String field, boolean fallback) {
        JsonNode node = field(field);
        if (node != null && !node.isBoolean()) {
            throw refuse(field, node, "true or false");
        }
        return node == null ? fallback : node.booleanValue();
    }

    /** One of the accepted words. */
    public String text(String field, String fallback, String... accepted) {
        JsonNode node = field(field);
        return node == null ? fallback : text(field, node, accepted);
    }

    /** A list of accepted words. */
    public List<String> texts(String field, List<String> fallback, String... accepted) {
        JsonNode node = field(field);
        if (node == null) {
            return fallback;
        }
        if (!node.isArray() || node.isEmpty()) {
            throw refuse(field, node, "a list of " + String.join(", ", accepted));
        }
        List<String> values = new ArrayList<>();
        node.forEach(item -> values.add(text(field, item, accepted)));
        return List.copyOf(values);
    }

    /** A list of whole numbers of at least 1. */
    public List<Integer> integers(String field, List<Integer> fallback) {
        JsonNode node = field(field);
        if (node == null) {
            return fallback;
        }
        if (!node.isArray() || node.isEmpty()) {
            throw refuse(field, node, "a list of whole numbers from 1");
        }
        List<Integer> values = new ArrayList<>();
        node.forEach(item -> values.add(integer(field, item, 1)));
        return List.copyOf(values);
    }

    /** A list of whole numbers of at least 0, none if it is absent. */
    public List<Integer> indices(String field) {
        JsonNode node = field(field);
        if (node != null && !node.isArray()) {
            throw refuse(field, node, "a list of whole numbers from 0");
        }
        List<Integer> values = new ArrayList<>();
        for (int i = 0; node != null && i < node.size(); i++) {
            values.add(integer(field, node.get(i), 0));
        }
        return List.copyOf(values);
    }

    /** A whole number for all levels, or a list with one number a level. */
    public List<Integer> perLevel(String field, int fallback, int levels) {
        JsonNode node = field(field);
        if (node == null || node.isNumber()) {
            int value = node == null ? fallback : integer(field, node, 1);
            return Collections.nCopies(levels, value);
        }
        List<Integer> values = integers(field, List.of());
        if (values.size() != levels) {
            throw refuse(field, node, "a number, or a list of " + levels + " numbers, one a level");
        }
        return values;
    }

    /** Refuses any value but the accepted ones; absent and null always pass. */
    public void accept(String field, Object... accepted) {
        JsonNode node = field(field);
        if (node == null) {
            return;
        }
        Object value = node.isNumber() ? (Object) node.doubleValue() : node.isBoolean() ? (Object) node.booleanValue() : node.asText();
        for (Object each : accepted) {
            if (Objects.equals(value, each instanceof Number number ? (Object) number.doubleValue() : each)) {
                return;
            }
        }
        throw refuse(field, node, accepted.length == 0 ? "null" : "null or one of " + Arrays.toString(accepted));
    }

    /** Whether the field is there and null, where diffusers gives that another meaning than absence. */
    public boolean isNull(String field) {
        return root.has(field) && root.get(field).isNull();
    }

    /** The same file, of which no field was asked for yet. */
    public ConfigFile fresh() {
        return new ConfigFile(path, section, root);
    }

    /** Fields that do not change what the network computes. */
    public void ignore(String... fields) {
        known.addAll(Arrays.asList(fields));
    }

    /** Refuses every field not asked for so far, unless it is null or starts with an underscore: guessing would give a wrong network. */
    public void refuseUnknown() {
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            String name = field.getKey();
            if (!name.startsWith("_") && !known.contains(name) && !field.getValue().isNull()) {
                throw new IllegalArgumentException(path + ": field " + section + name + " is not supported; it may only be absent or null");
            }
        }
    }

    /** For rules across fields. */
    public IllegalArgumentException refuse(String field, Object value, String accepted) {
        return new IllegalArgumentException(path + ": " + section + field + " is " + value + "; accepted: " + accepted);
    }

    private JsonNode field(String name) {
        known.add(name);
        JsonNode node = root.get(name);
        return node == null || node.isNull() ? null : node;
    }

    private int integer(String field, JsonNode node, int least) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < least) {
            throw refuse(field, node, "a whole number from " + least);
        }
        return node.intValue();
    }

    private String text(String field, JsonNode node, String... accepted) {
        if (!node.isTextual() || !Arrays.asList(accepted).contains(node.textValue())) {
            throw refuse(field, node, String.join(", ", accepted));
        }
        return node.textValue();
    }
}
