package io.advunlearn.registry;

import java.time.Instant;
import java.util.List;

/**
 * {@code pipelines/<name>/<generation>.json}: which encoder a pipeline wants. The highest generation wins.
 *
 * @param pipeline the pipeline's name
 * @param generation 1, 2, 3 ... without gaps
 * @param encoder id of the desired encoder, {@code base} for the one that came with the model
 * @param previous id of the encoder before, for rollback; {@code base} at first
 * @param weakened whether an administrator activated this encoder although it is below the floor
 * @param requiredErasures the floor: concepts that every active encoder's lineage must have erased
 * @param changedBy principal
 * @param changedAt when
 */
public record PipelineState(String pipeline, long generation, String encoder, String previous, boolean weakened,
        List<String> requiredErasures, String changedBy, Instant changedAt) {
}
