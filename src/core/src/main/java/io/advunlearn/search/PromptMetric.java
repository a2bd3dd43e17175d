package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.tensor.Tensors;
import java.util.List;

/** How differently two prompts speak to the denoiser. */
@FunctionalInterface
public interface PromptMetric {

    /** Names for logs and reports. */
    List<String> NAMES = List.of("kv", "attention");

    /**
     * Differentiable.
     *
     * @param states [B, n, D], the first n positions
     * @param counts n values: how many positions of a full window each stands for
     * @param target [1, N, D], n at most N
     * @return [B]
     */
    NDArray distance(NDArray states, float[] counts, NDArray target);

    /** Position by position. */
    static PromptMetric keyValue(KeyValueDistance distance) {
        return (states, counts, target) -> {
            float total = 0;
            for (float count : counts) {
                total += count;
            }
            float[] weights = counts.clone();
            for (int i = 0; i < weights.length; i++) {
                weights[i] /= total;
            }
            NDArray positions = distance.perPosition(states, target.get(":, :" + counts.length));
            return positions.mul(Tensors.of(states.getManager(), weights, new Shape(1, counts.length))).sum(new int[] {1});
        };
    }

    /** By the answers of the cross-attention layers to given queries: blind to the order of positions. */
    static PromptMetric attention(KeyValueDistance distance, List<NDArray> queries) {
        return (states, counts, target) -> {
            float[] logs = new float[counts.length];
            for (int i = 0; i < logs.length; i++) {
                logs[i] = (float) Math.log(counts[i]);
            }
            return distance.attentionDistance(states, Tensors.of(states.getManager(), logs, new Shape(logs.length)), target, queries);
        };
    }
}
