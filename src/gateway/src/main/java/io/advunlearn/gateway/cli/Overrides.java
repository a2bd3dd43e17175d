package io.advunlearn.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code name=value} options: the value is JSON, or else a plain word. */
final class Overrides {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Overrides() {
    }

    static Map<String, Object> parse(Map<String, String> options) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (options != null) {
            options.forEach((name, value) -> values.put(name, value(value)));
        }
        return values;
    }

    private static Object value(String text) {
        try {
            Object value = MAPPER.readValue(text, Object.class);
            return value == null ? text : value;
        } catch (JsonProcessingException e) {
            return text;
        }
    }
}
