package io.advunlearn.erasure;

import java.util.List;
import java.util.Map;

/**
 * What to erase.
 *
 * @param concept the word or words, for example {@code church}
 * @param kind {@code object} or {@code style}: chooses the prompt templates
 * @param method one of {@link ErasureMethods#names()}, {@code advunlearn} if {@code null}
 * @param profile one of the method's {@link ErasureMethod#profiles()}, the first of them if {@code null}
 * @param seed of every random draw
 * @param settings overrides of single fields of the method's settings, by name; unknown names are refused
 */
public record ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings) {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest {
        if (concept == null || concept.isBlank() || concept.length() > 200) {
            throw new IllegalArgumentException("concept must be 1 to 200 characters");
        }
        concept = concept.strip();
        kind = oneOf("kind", kind, List.of("object", "style"));
        method = method == null ? ErasureMethods.DEFAULT : method;
        profile = oneOf("profile", profile, ErasureMethods.byName(method).profiles());
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    private static String oneOf(String field, String value, List<String> accepted) {
        if (value != null && !accepted.contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted));
        }
        return value == null ? accepted.get(0) : value;
    }
}
