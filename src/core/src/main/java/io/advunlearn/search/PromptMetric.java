package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.KeyValueDistance;
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
     * @param prefix which positions they are and what they stand for
     * @param target [1, N, D] or [B, N, D], n at most N
     * @return [B]
     */
    NDArray distance(NDArray states, WindowPrefix prefix, NDArray target);

    /** Position by position. */
    static PromptMetric keyValue(KeyValueDistance distance) {
        return (states, prefix, target) -> distance.perPosition(states, prefix.cut(target)).mul(prefix.weights(states.getManager()))
                .sum(new int[] {1});
    }

    /** Position by position, whatever reads the states: the mean squared difference. */
    static PromptMetric states() {
        return (states, prefix, target) -> states.sub(prefix.cut(target)).square().mean(new int[] {2}).mul(prefix.weights(states.getManager()))
                .sum(new int[] {1});
    }

    /** By the answers of the cross-attention layers to given queries: blind to the order of positions. */
    static PromptMetric attention(KeyValueDistance distance, List<NDArray> queries) {
        return (states, prefix, target) -> distance.attentionDistance(states, prefix.logCounts(states.getManager()), target, queries);
    }
}
