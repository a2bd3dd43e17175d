package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Noise;
import java.util.List;

/**
 * Holds many retained prompts still without the UNet: the distance of what the UNet's cross-attention would receive, before and after,
 * relative to the prompts' own distance from the empty prompt.
 */
final class TextRetention {

    private final PipelineComponents components;
    private final List<String> prompts;
    private final NDArray frozen;
    private final KeyValueDistance distance;
    private final float scale;

    /** @param manager owns the frozen embeddings */
    TextRetention(PipelineComponents components, List<String> prompts, FrozenPredictions predictions, KeyValueDistance distance, NDManager manager) {
        this.components = components;
        this.prompts = prompts;
        this.distance = distance;
        frozen = predictions.encode(prompts, manager);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray empty = predictions.encode(List.of(""), scratch);
            NDArray own = distance.distance(frozen, empty);
            own.attach(scratch);
            scale = own.mean().getFloat();
        }
    }

    /** Mean relative distance of {@code count} random prompts, a scalar of at least 0, differentiable in the encoder's weights. */
    NDArray loss(ClipTextModel encoder, int count, Noise noise, NDManager scratch) {
        int[] rows = new int[count];
        int[][] ids = new int[count][];
        for (int i = 0; i < count; i++) {
            rows[i] = noise.nextInt(prompts.size());
            ids[i] = components.tokenizer().encode(prompts.get(rows[i])).ids();
        }
        NDArray aim = TrajectoryBank.rows(frozen, rows, scratch);
        return Aten.scale(distance.distance(encoder.encode(scratch, ids), aim).mean(), 1 / scale);
    }
}
