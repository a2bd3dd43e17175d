package io.advunlearn.erasure;

import java.util.List;

/**
 * One concept to erase.
 *
 * @param concept the word or words, for example {@code church}
 * @param kind {@code object}, {@code style} or {@code topic}: chooses the prompt templates
 * @param prompts prompts that lead to the concept, with or without its word, beside those of the templates; may be empty
 */
public record ErasureConcept(String concept, String kind, List<String> prompts) {

    /** What a concept can be; the first is the default. */
    public static final List<String> KINDS = List.of("object", "style", "topic");

    private static final int CHARACTERS = 200;
    private static final int PROMPTS = 10_000;
    private static final int PROMPT_CHARACTERS = 1000;

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public ErasureConcept {
        if (concept == null || concept.isBlank() || concept.length() > CHARACTERS) {
            throw new IllegalArgumentException("concept must be 1 to " + CHARACTERS + " characters");
        }
        concept = concept.strip();
        kind = kind == null ? KINDS.get(0) : kind;
        if (!KINDS.contains(kind)) {
            throw new IllegalArgumentException("kind must be one of " + String.join(", ", KINDS) + ", not " + kind);
        }
        prompts = prompts == null ? List.of() : prompts.stream().map(ErasureConcept::prompt).distinct().toList();
        if (prompts.size() > PROMPTS) {
            throw new IllegalArgumentException("prompts must hold at most " + PROMPTS + " prompts, not " + prompts.size());
        }
    }

    private static String prompt(String text) {
        if (text == null || text.isBlank() || text.length() > PROMPT_CHARACTERS) {
            throw new IllegalArgumentException("prompts must hold texts of 1 to " + PROMPT_CHARACTERS + " characters");
        }
        return text.strip();
    }
}
