package io.advunlearn.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The registry's JSON: strict when read, readable when written. */
final class RegistryJson {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private RegistryJson() {
    }

    /** Several lines, for a file that people read. */
    static byte[] pretty(Object value) {
        try {
            return (MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of this package could not be written as JSON", e);
        }
    }

    /** One line with its end, for a log; line ends inside values are escaped. */
    static byte[] line(Object value) {
        try {
            return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of this package could not be written as JSON", e);
        }
    }

    /**
     * @param optional fields that files written by older versions lack; they are read as null
     * @throws RegistryException naming {@code what} and the place of the error
     */
    static <T> T read(byte[] json, Class<T> type, String what, String... optional) {
        try {
            T value = optional.length == 0 ? MAPPER.readValue(json, type) : MAPPER.treeToValue(withNulls(MAPPER.readTree(json), optional), type);
            if (value == null) {
                throw new RegistryException(what + " is empty");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new RegistryException(what + " cannot be read: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new RegistryException(what + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static JsonNode withNulls(JsonNode tree, String... optional) {
        if (tree instanceof ObjectNode object) {
            for (String field : optional) {
                object.putIfAbsent(field, NullNode.getInstance());
            }
        }
        return tree;
    }
}
