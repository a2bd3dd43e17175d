package io.advunlearn.service.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON object read strictly: unknown fields, repeated fields, trailing text and wrong types are refused with the field's
 * name. Type coercion, which JSON binding does by default, would let {@code "n": "3"} or {@code "seed": 1.5} through.
 */
public final class JsonFields {

    /** The largest integer that every JSON reader keeps exactly. */
    public static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

    private static final ObjectMapper MAPPER = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final ObjectNode object;

    private JsonFields(ObjectNode object) {
        this.object = object;
    }

    /**
     * @param body UTF-8 JSON text
     * @param accepted names of the fields that may occur
     * @throws FieldException if the body is no such object
     */
    public static JsonFields parse(byte[] body, Set<String> accepted) {
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (MismatchedInputException e) {
            // Its own message names our classes.
            throw new FieldException(null, "invalid_json", "the body is not valid JSON: there is something after the object");
        } catch (StreamConstraintsException e) {
            // Its own message names a library's method.
            throw new FieldException(null, "invalid_json", "the body is nested too deeply, or has a number, a name or a text that is too long");
        } catch (JsonProcessingException e) {
            throw new FieldException(null, "invalid_json", "the body is not valid JSON: " + shorten(e.getOriginalMessage()) + where(e));
        } catch (IOException e) {
            throw new FieldException(null, "invalid_json", "the body is not valid JSON");
        }
        if (!(node instanceof ObjectNode object)) {
            throw new FieldException(null, "invalid_json", "the body must be a JSON object");
        }
        return strict(object, accepted);
    }

    private static String where(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
    }

    /** @return the text, or {@code null} if the field is missing or null */
    public String text(String field, int maxCharacters) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isTextual()) {
            throw invalid(field, "must be a string");
        }
        String text = value.textValue();
        if (text.length() > maxCharacters) {
            throw new FieldException(field, "string_above_max_length",
                    field + " has " + text.length() + " characters, at most " + maxCharacters + " are accepted");
        }
        // Half of a surrogate pair is no character; native tokenizers cannot take it.
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw invalid(field, "holds half of a surrogate pair");
        }
        return text;
    }

    /** As {@link #text}, and the field must be there and not empty. */
    public String requiredText(String field, int maxCharacters) {
        String text = text(field, maxCharacters);
        if (text == null || text.isEmpty()) {
            throw new FieldException(field, "missing_required_parameter", field + " is required and must be a non-empty string");
        }
        return text;
    }

    /** @return one of the accepted values, or {@code null} if the field is missing or null */
    public String oneOf(String field, List<String> accepted) {
        String text = text(field, 200);
        if (text != null && !accepted.contains(text)) {
            throw invalid(field, "must be one of " + String.join(", ", accepted));
        }
        return text;
    }

    /** @return the integer in [low, high], or {@code null} if the field is missing or null */
    public Long integer(String field, long low, long high) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < low || value.longValue() > high) {
            throw invalid(field, "must be an integer from " + low + " to " + high);
        }
        return value.longValue();
    }

    /** @return the number in [low, high], or {@code null} if the field is missing or null */
    public Double number(String field, double low, double high) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isNumber() || !(value.doubleValue() >= low && value.doubleValue() <= high)) {
            throw invalid(field, "must be a number from " + plain(low) + " to " + plain(high));
        }
        return value.doubleValue();
    }

    /** @return the boolean, or the fallback if the field is missing or null */
    public boolean bool(String field, boolean fallback) {
        JsonNode value = value(field);
        if (value == null) {
            return fallback;
        }
        if (!value.isBoolean()) {
            throw invalid(field, "must be true or false");
        }
        return value.booleanValue();
    }

    /** @return the object's fields, or {@code null} if the field is missing or null */
    public Map<String, Object> object(String field) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isObject()) {
            throw invalid(field, "must be an object");
        }
        value.fields().forEachRemaining(entry -> {
            if (entry.getValue().isNull()) {
                throw invalid(field + "." + shorten(entry.getKey()), "must not be null");
            }
        });
        return MAPPER.convertValue(value, MAPPER.getTypeFactory().constructMapType(Map.class, String.class, Object.class));
    }

    /** @param accepted names of the object's fields; @return the object, or {@code null} if the field is missing or null */
    public JsonFields part(String field, Set<String> accepted) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!(value instanceof ObjectNode part)) {
            throw invalid(field, "must be an object");
        }
        return strict(part, accepted);
    }

    /** @return the strings, or {@code null} if the field is missing or null */
    public List<String> texts(String field) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isArray()) {
            throw invalid(field, "must be a list of strings");
        }
        value.forEach(item -> {
            if (!item.isTextual() || item.textValue().length() > 200) {
                throw invalid(field, "must be a list of strings of at most 200 characters");
            }
        });
        return MAPPER.convertValue(value, MAPPER.getTypeFactory().constructCollectionType(List.class, String.class));
    }

    /** @param accepted names of the fields of each object; @return the objects, or {@code null} if the field is missing or null */
    public List<JsonFields> objects(String field, Set<String> accepted) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        List<JsonFields> objects = new ArrayList<>();
        for (JsonNode item : value.isArray() ? value : MAPPER.createArrayNode().addNull()) {
            if (!(item instanceof ObjectNode object)) {
                throw invalid(field, "must be a list of objects");
            }
            objects.add(strict(object, accepted));
        }
        return objects;
    }

    private static JsonFields strict(ObjectNode object, Set<String> accepted) {
        object.fieldNames().forEachRemaining(name -> {
            if (!accepted.contains(name)) {
                throw new FieldException(shorten(name), "unknown_parameter",
                        "unknown field " + shorten(name) + "; accepted: " + String.join(", ", new TreeSet<>(accepted)));
            }
        });
        return new JsonFields(object);
    }

    private JsonNode value(String field) {
        JsonNode value = object.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private static FieldException invalid(String field, String what) {
        return new FieldException(field, "invalid_value", field + " " + what);
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    private static String shorten(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
