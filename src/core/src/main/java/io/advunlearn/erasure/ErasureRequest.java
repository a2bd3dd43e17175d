package io.advunlearn.erasure;

import io.advunlearn.registry.LineageEntry;
import java.util.ArrayList;
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
 * @param start the encoder to start from, whose erasures are kept
 */
public record ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings,
        ErasureStart start) {

    /** From the base encoder. @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings) {
        this(concept, kind, method, profile, seed, settings, ErasureStart.BASE);
    }

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
        start = start == null ? ErasureStart.BASE : start;
    }

    /** The same request with other overrides. */
    public ErasureRequest with(Map<String, Object> overrides) {
        return new ErasureRequest(concept, kind, method, profile, seed, overrides, start);
    }

    /** What will have been erased: the start's lineage, then this. @param resolved the settings that were used */
    public List<LineageEntry> lineage(MethodSettings resolved) {
        List<LineageEntry> lineage = new ArrayList<>(start.lineage());
        lineage.add(new LineageEntry(concept, kind, method, Fingerprint.of(resolved), seed));
        return lineage;
    }

    private static String oneOf(String field, String value, List<String> accepted) {
        if (value != null && !accepted.contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted));
        }
        return value == null ? accepted.get(0) : value;
    }
}
