package io.advunlearn.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** JSON files, and JSON of any form as rows of a table: fields that a report gains appear without a change here. */
final class Json {

    static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new JavaTimeModule()).disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            // Paths of this machine are nobody's business.
            .withConfigOverride(Path.class, path -> path.setIsIgnoredType(true)).build();

    private Json() {
    }

    /** A labelled value. */
    record Pair(String label, String value) {
    }

    /** Every member of an object that is not in {@code known}, nested ones with a dotted label. */
    static List<Pair> pairs(JsonNode object, Set<String> known) {
        List<Pair> pairs = new ArrayList<>();
        object.properties().forEach(member -> {
            if (!known.contains(member.getKey())) {
                add(pairs, member.getKey(), member.getValue());
            }
        });
        return pairs;
    }

    private static void add(List<Pair> pairs, String label, JsonNode value) {
        if (value.isArray() && value.path(0).isObject()) {
            for (int i = 0; i < value.size(); i++) {
                add(pairs, label + " " + (i + 1), value.get(i));
            }
        } else if (isRate(value) || !value.isObject()) {
            pairs.add(new Pair(label, text(value)));
        } else {
            value.properties().forEach(member -> add(pairs, label + "." + member.getKey(), member.getValue()));
        }
    }

    private static boolean isRate(JsonNode value) {
        return value.isObject() && value.path("low").isNumber() && value.path("high").isNumber();
    }

    static String text(JsonNode value) {
        if (isRate(value)) {
            JsonNode point = value.has("rate") ? value.path("rate") : value.path("difference").isNumber() ? value.path("difference") : value.path("value");
            return (point.isNumber() ? Figures.plain(point.asDouble()) + " " : "") + "[" + Figures.plain(value.path("low").asDouble()) + ", "
                    + Figures.plain(value.path("high").asDouble()) + "]";
        }
        if (value.isArray()) {
            List<String> items = new ArrayList<>();
            value.forEach(item -> items.add(text(item)));
            return items.isEmpty() ? "none" : String.join(", ", items);
        }
        if (value.isNull() || value.isMissingNode()) {
            return "–";
        }
        return value.isFloatingPointNumber() ? Figures.plain(value.asDouble()) : value.isObject() ? value.toString() : value.asText();
    }

    static <T> T read(Path file, Class<T> type) {
        try {
            return MAPPER.readValue(file.toFile(), type);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Path file, Object value) {
        try {
            Files.write(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
