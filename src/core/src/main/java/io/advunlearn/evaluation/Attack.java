package io.advunlearn.evaluation;

/** One way to reach an erased concept with text. */
interface Attack {

    /** One of {@link EvaluationRequest#ATTACKS}. */
    String name();

    /** Runs or resumes; finished items are not made again. */
    EvaluationReport.AttackResult run(AttackContext context);
}
