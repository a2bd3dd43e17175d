package io.advunlearn.evaluation;

/** Receives the progress of an evaluation, on the evaluating thread. */
@FunctionalInterface
public interface EvaluationListener {

    EvaluationListener NONE = progress -> { };

    void onProgress(Progress progress);

    /**
     * @param stage {@code selection}, an attack's name, or {@code retention}
     * @param done images (or search steps) finished in this stage
     * @param total images (or search steps) of this stage
     */
    record Progress(String stage, long done, long total) {
    }
}
