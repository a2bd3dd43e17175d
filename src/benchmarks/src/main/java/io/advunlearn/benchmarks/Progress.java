package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.EvaluationListener;

/** Plain progress lines. */
final class Progress {

    static final EvaluationListener LINES = progress -> {
        if (progress.done() == progress.total()) {
            System.out.printf("  %s %d%n", progress.stage(), progress.total());
        }
    };

    private Progress() {
    }
}
