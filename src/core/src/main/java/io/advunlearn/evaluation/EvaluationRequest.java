package io.advunlearn.evaluation;

import java.util.List;

/**
 * What to measure.
 *
 * @param concept a class of the model's judges, for example {@code church}
 * @param kind {@code object} or {@code style}
 * @param synonyms other words for the concept, used by the negative-prompt attack
 * @param attacks names out of {@link #ATTACKS}; {@code null} for all
 * @param retention whether the other classes are measured too
 * @param negativeBranch which encoder reads negative prompts: {@code base} as in serving, or {@code erased} to show why
 * @param seed of every random draw
 * @param profile name of the budget, for the report
 * @param budget what may be spent
 */
public record EvaluationRequest(String concept, String kind, List<String> synonyms, List<String> attacks, boolean retention,
        String negativeBranch, long seed, String profile, EvaluationBudget budget) {

    /** Every attack, cheapest first. */
    public static final List<String> ATTACKS = List.of("plain", "random", "negative", "sweep", "encoder-match", "unlearn-diff");

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public EvaluationRequest {
        if (concept == null || concept.isBlank() || concept.length() > 200) {
            throw new IllegalArgumentException("concept must be 1 to 200 characters");
        }
        concept = concept.strip();
        kind = oneOf("kind", kind == null ? "object" : kind, List.of("object", "style"));
        synonyms = synonyms == null ? List.of() : List.copyOf(synonyms);
        attacks = attacks == null ? ATTACKS : List.copyOf(attacks);
        attacks.forEach(attack -> oneOf("attacks", attack, ATTACKS));
        negativeBranch = oneOf("negativeBranch", negativeBranch == null ? "base" : negativeBranch, List.of("base", "erased"));
        profile = profile == null ? "standard" : profile;
        budget = budget == null ? EvaluationBudget.named(profile) : budget;
    }

    /** Every attack and the retained classes with a named budget: {@code demo}, {@code standard} or {@code full}. */
    public static EvaluationRequest of(String concept, String kind, String profile, long seed) {
        return new EvaluationRequest(concept, kind, List.of(), ATTACKS, true, "base", seed, profile, EvaluationBudget.named(profile));
    }

    private static String oneOf(String field, String value, List<String> accepted) {
        if (!accepted.contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted) + ", not " + value);
        }
        return value;
    }
}
