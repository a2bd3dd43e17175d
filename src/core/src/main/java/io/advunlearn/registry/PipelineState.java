package io.advunlearn.registry;

import java.time.Instant;
import java.util.List;

/**
 * {@code pipelines/<name>/<generation>.json}: which encoder a pipeline wants. The highest generation wins.
 *
 * @param pipeline the pipeline's name
 * @param generation 1, 2, 3 ... without gaps
 * @param encoder id of the desired encoder
 * @param previous id of the encoder before, for rollback; {@code null} at first
 * @param requiredErasures the floor: concepts that every active encoder's lineage must have erased
 * @param changedBy principal
 * @param changedAt when
 */
public record PipelineState(String pipeline, long generation, String encoder, String previous, List<String> requiredErasures,
        String changedBy, Instant changedAt) {
}
