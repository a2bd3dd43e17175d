package io.advunlearn.erasure;

import java.util.Map;

/**
 * What to erase.
 *
 * @param concept the word or words, for example {@code church}
 * @param kind {@code object} or {@code style}: chooses the prompt templates
 * @param method {@code advunlearn} or {@code esd}
 * @param profile {@code fast}, {@code kv} or {@code paper}
 * @param seed of every random draw
 * @param settings overrides of single fields of {@link ErasureSettings}, by name; unknown names are refused
 */
public record ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings) {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest {
        if (concept == null || concept.isBlank() || concept.length() > 200) {
            throw new IllegalArgumentException("concept must be 1 to 200 characters");
        }
        concept = concept.strip();
        kind = oneOf("kind", kind, "object", "object", "style");
        method = oneOf("method", method, "advunlearn", "advunlearn", "esd");
        profile = oneOf("profile", profile, "fast", "fast", "kv", "paper");
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    private static String oneOf(String field, String value, String fallback, String... accepted) {
        if (value == null) {
            return fallback;
        }
        for (String a : accepted) {
            if (a.equals(value)) {
                return a;
            }
        }
        throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted));
    }
}
