package io.advunlearn.evaluation;

/** One way to reach an erased concept with text. */
interface Attack {

    /** One of {@link EvaluationRequest#ATTACKS}. */
    String name();

    /** Whether it needs more than an API's text, for example embeddings: outside the threat model, shown apart and never a gate. */
    default boolean whiteBox() {
        return false;
    }

    /** Whether it finds other texts for every encoder, so that trials of two encoders are not the same trials. */
    default boolean searches() {
        return false;
    }

    /** Runs or resumes; finished items are not made again. */
    EvaluationReport.AttackResult run(AttackContext context);
}
