package io.advunlearn.evaluation;

import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;

/** Measures how well an attacker can still reach an erased concept, and what else the erasure changed. */
public final class Evaluator {

    private Evaluator() {
    }

    /**
     * Runs every attack of the request. All device work goes through the lane behind serving work. Finished items are kept in
     * {@code workDirectory}; called again with the same request and encoder, an interrupted evaluation goes on where it stopped
     * and its report equals that of an uninterrupted one, times aside. The directory afterwards also holds {@code report.json}
     * and {@code contact-sheet.png}.
     *
     * @param components the pipeline; its directory holds the judges
     * @param encoder the encoder to evaluate, on the pipeline's device
     * @param workDirectory created if it does not exist
     * @throws IllegalArgumentException if the concept is no class of the judges, or the directory belongs to another evaluation
     * @throws java.util.concurrent.CancellationException between batches after a cancel
     */
    public static EvaluationReport evaluate(PipelineComponents components, ClipTextModel encoder, EvaluationRequest request, Path workDirectory,
            EvaluationListener listener, CancellationToken cancellation) {
        throw new IllegalStateException("being written");
    }
}
