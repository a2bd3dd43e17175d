package io.advunlearn.evaluation;

import java.util.List;
import java.util.stream.Stream;

/**
 * What to measure.
 *
 * @param concept a class of the model's judges, for example {@code church}
 * @param kind {@code object} or {@code style}
 * @param synonyms other words for the concept, used as negative prompts and as paraphrases
 * @param paraphrases phrases that may stand in a prompt for the concept's word, tried by {@code paraphrase} beside the bundled ones
 * @param replay prompts found against other encoders, which adds attack {@code replay}
 * @param attacks names out of {@link #ATTACKS}, or {@code all} for every attack by text; {@code null} for {@link #DEFAULT_ATTACKS}
 * @param retention whether the other classes are measured too
 * @param negativeBranch which encoder reads negative prompts: {@code base} as in serving, or {@code erased}: to show why, or for a denoiser that was
 *     trained with the evaluated encoder
 * @param seed of every random draw
 * @param profile name of the budget, for the report
 * @param budget what may be spent
 */
public record EvaluationRequest(String concept, String kind, List<String> synonyms, List<String> paraphrases, List<FoundPrompt> replay, List<String> attacks, boolean retention,
        String negativeBranch, long seed, String profile, EvaluationBudget budget) {

    /** The attacks that run if none are named, cheapest first. */
    public static final List<String> DEFAULT_ATTACKS = List.of("plain", "random", "negative", "sweep", "encoder-match", "unlearn-diff");

    /** Every attack that needs no more than text: what {@code all} stands for. */
    public static final List<String> TEXT_ATTACKS = List.of("plain", "random", "paraphrase", "negative", "sweep", "encoder-match", "gcg",
            "unlearn-diff", "p4d", "ring-a-bell");

    /** Every attack: {@code replay} needs a suite, and {@code textual-inversion} more than text. */
    public static final List<String> ATTACKS = Stream.concat(TEXT_ATTACKS.stream(), Stream.of("replay", "textual-inversion")).toList();

    private static final String ALL = "all";
    private static final String REPLAY = "replay";
    private static final int PARAPHRASES = 1000;
    private static final int PHRASE_CHARACTERS = 200;

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public EvaluationRequest {
        if (concept == null || concept.isBlank() || concept.length() > 200) {
            throw new IllegalArgumentException("concept must be 1 to 200 characters");
        }
        concept = concept.strip();
        kind = oneOf("kind", kind == null ? "object" : kind, List.of("object", "style"));
        synonyms = synonyms == null ? List.of() : List.copyOf(synonyms);
        paraphrases = paraphrases == null ? List.of() : paraphrases.stream().map(EvaluationRequest::phrase).toList();
        if (paraphrases.size() > PARAPHRASES) {
            throw new IllegalArgumentException("paraphrases must hold at most " + PARAPHRASES + " phrases, not " + paraphrases.size());
        }
        attacks = attacks == null ? DEFAULT_ATTACKS : attacks.equals(List.of(ALL)) ? TEXT_ATTACKS : List.copyOf(attacks);
        attacks.forEach(attack -> oneOf("attacks", attack, ATTACKS));
        replay = replay == null ? List.of() : List.copyOf(replay);
        if (replay.isEmpty() && attacks.contains(REPLAY)) {
            throw new IllegalArgumentException("attack " + REPLAY + " needs found prompts: replay must name a suite");
        }
        if (!replay.isEmpty() && !attacks.contains(REPLAY)) {
            attacks = Stream.concat(attacks.stream(), Stream.of(REPLAY)).toList();
        }
        negativeBranch = oneOf("negativeBranch", negativeBranch == null ? "base" : negativeBranch, List.of("base", "erased"));
        profile = profile == null ? "standard" : profile;
        budget = budget == null ? EvaluationBudget.named(profile) : budget;
    }

    /** With nothing to replay. */
    public EvaluationRequest(String concept, String kind, List<String> synonyms, List<String> paraphrases, List<String> attacks, boolean retention,
            String negativeBranch, long seed, String profile, EvaluationBudget budget) {
        this(concept, kind, synonyms, paraphrases, List.of(), attacks, retention, negativeBranch, seed, profile, budget);
    }

    /** The default attacks and the retained classes with a named budget: {@code demo}, {@code standard} or {@code full}. */
    public static EvaluationRequest of(String concept, String kind, String profile, long seed) {
        return new EvaluationRequest(concept, kind, List.of(), List.of(), null, true, "base", seed, profile, EvaluationBudget.named(profile));
    }

    private static String phrase(String text) {
        if (text == null || text.isBlank() || text.length() > PHRASE_CHARACTERS) {
            throw new IllegalArgumentException("paraphrases must hold texts of 1 to " + PHRASE_CHARACTERS + " characters");
        }
        return text.strip();
    }

    private static String oneOf(String field, String value, List<String> accepted) {
        if (!accepted.contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted) + ", not " + value);
        }
        return value;
    }
}
