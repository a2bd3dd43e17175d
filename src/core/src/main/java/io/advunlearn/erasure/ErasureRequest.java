package io.advunlearn.erasure;

import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.registry.LineageEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What to erase.
 *
 * @param concepts one concept, or several for methods that erase several in one run
 * @param method one of {@link ErasureMethods#names()}, {@code advunlearn} if {@code null}
 * @param profile one of the method's {@link ErasureMethod#profiles()}, the first of them if {@code null}
 * @param seed of every random draw
 * @param settings overrides of single fields of the method's settings, by name; unknown names are refused
 * @param start the encoder to start from, whose erasures are kept
 * @param retain prompts that must stay as they are, instead of those of the model's catalogue; empty for the catalogue's
 */
public record ErasureRequest(List<ErasureConcept> concepts, String method, String profile, long seed, Map<String, Object> settings,
        ErasureStart start, List<RetainPrompt> retain) {

    private static final int CONCEPTS = 100;

    /** One concept from the base encoder. @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings) {
        this(concept, kind, method, profile, seed, settings, ErasureStart.BASE);
    }

    /** One concept. @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest(String concept, String kind, String method, String profile, long seed, Map<String, Object> settings, ErasureStart start) {
        this(List.of(new ErasureConcept(concept, kind, List.of())), method, profile, seed, settings, start, List.of());
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureRequest {
        concepts = List.copyOf(concepts);
        if (concepts.isEmpty() || concepts.size() > CONCEPTS) {
            throw new IllegalArgumentException("concepts must hold 1 to " + CONCEPTS + " concepts, not " + concepts.size());
        }
        requireDifferent(concepts);
        method = method == null ? ErasureMethods.DEFAULT : method;
        ErasureMethod chosen = ErasureMethods.byName(method);
        profile = oneOf("profile", profile, chosen.profiles());
        settings = settings == null ? Map.of() : Map.copyOf(settings);
        start = start == null ? ErasureStart.BASE : start;
        retain = retain == null ? List.of() : List.copyOf(retain);
        requireWithout(retain, concepts);
        if (!chosen.stacks() && (concepts.size() > 1 || !start.isBase() || !retain.isEmpty())) {
            throw new IllegalArgumentException("method " + method + " erases one concept from the base encoder, with its own retained prompts: "
                    + "concepts, from and retain are not accepted");
        }
    }

    private static void requireDifferent(List<ErasureConcept> concepts) {
        for (int i = 0; i < concepts.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (PromptCatalog.same(concepts.get(i).concept(), concepts.get(j).concept())) {
                    throw new IllegalArgumentException("concepts must be different, and " + concepts.get(i).concept() + " is there twice");
                }
            }
        }
    }

    private static void requireWithout(List<RetainPrompt> retain, List<ErasureConcept> concepts) {
        for (RetainPrompt prompt : retain) {
            for (ErasureConcept concept : concepts) {
                if (RelatedWords.holds(prompt.prompt(), concept.concept())) {
                    throw new IllegalArgumentException("retain: line " + prompt.line() + " holds the concept " + concept.concept()
                            + ", which cannot be erased and retained: " + prompt.prompt());
                }
            }
        }
    }

    /** The first concept's words. */
    public String concept() {
        return concepts.get(0).concept();
    }

    /** The first concept's kind. */
    public String kind() {
        return concepts.get(0).kind();
    }

    /** The words of every concept that is erased now. */
    List<String> words() {
        return concepts.stream().map(ErasureConcept::concept).toList();
    }

    /** What was erased before and is not erased now. */
    List<LineageEntry> earlier() {
        return start.concepts().stream().filter(entry -> words().stream().noneMatch(word -> PromptCatalog.same(word, entry.concept()))).toList();
    }

    /** What will have been erased: the start's lineage, then this. @param resolved the settings that were used */
    public List<LineageEntry> lineage(MethodSettings resolved) {
        List<LineageEntry> lineage = new ArrayList<>(start.lineage());
        String fingerprint = Fingerprint.of(resolved);
        concepts.forEach(concept -> lineage.add(new LineageEntry(concept.concept(), concept.kind(), method, fingerprint, seed)));
        return lineage;
    }

    /**
     * How its candidate is registered.
     *
     * @param parent id of the registered encoder that it was trained from, {@code base}, or {@code null} if it is not registered
     * @param baseDigest SHA-256 of the model's own encoder, hex
     * @param resolved the settings that were used
     * @param principal who asked for it
     */
    public Registration registration(String id, String parent, String baseDigest, MethodSettings resolved, String principal) {
        List<LineageEntry> lineage = lineage(resolved);
        Map<String, String> erased = new LinkedHashMap<>();
        lineage.forEach(entry -> erased.putIfAbsent(ErasureFloor.normalise(entry.concept()), entry.concept()));
        return new Registration(id, baseDigest, parent, List.copyOf(erased.values()), lineage, method, principal, null, new float[0]);
    }

    private static String oneOf(String field, String value, List<String> accepted) {
        if (value != null && !accepted.contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted));
        }
        return value == null ? accepted.get(0) : value;
    }
}
