package io.advunlearn.erasure;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.stream.Collectors;

/** Settings from JSON values, with one clear sentence for what is wrong. */
final class SettingsJson {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private SettingsJson() {
    }

    /** Every field of a settings record, changeable. */
    static Map<String, Object> toMap(MethodSettings settings) {
        return JSON.convertValue(settings, new TypeReference<>() { });
    }

    /**
     * A settings record with some fields replaced.
     *
     * @param defaults of every field
     * @param overrides by field name
     * @throws IllegalArgumentException naming the field and what is accepted
     */
    static <T extends MethodSettings> T with(T defaults, Map<String, Object> overrides) {
        Map<String, Object> values = toMap(defaults);
        values.putAll(overrides);
        try {
            @SuppressWarnings("unchecked")
            Class<T> type = (Class<T>) defaults.getClass();
            return JSON.convertValue(values, type);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("settings: " + reason(e), e);
        }
    }

    private static String reason(IllegalArgumentException e) {
        if (e.getCause() instanceof UnrecognizedPropertyException unknown) {
            return "unknown field " + unknown.getPropertyName() + "; accepted are "
                    + unknown.getKnownPropertyIds().stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
        }
        if (e.getCause() instanceof JsonMappingException mapping) {
            String field = mapping.getPath().isEmpty() ? "" : mapping.getPath().get(0).getFieldName();
            Throwable cause = mapping.getCause();
            return cause instanceof IllegalArgumentException ? cause.getMessage() : field + " has a value of the wrong type or name";
        }
        return e.getMessage();
    }
}
