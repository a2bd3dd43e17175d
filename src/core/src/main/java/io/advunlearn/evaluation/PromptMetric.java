package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.AttentionQueries;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.List;

/** How differently two prompts speak to the denoiser. */
@FunctionalInterface
interface PromptMetric {

    /** Names for logs and reports. */
    List<String> NAMES = List.of("kv", "attention");

    /** Timesteps at which queries are taken, in thousandths of the training schedule. */
    List<Integer> QUERY_TIMES = List.of(800, 600, 400, 200);

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

    /**
     * Queries that the denoiser asks while it draws the concept.
     *
     * @return for each cross-attention layer [Q, heads, headDim], owned by {@code manager}
     */
    static List<NDArray> queries(AttackContext context, NDManager manager) {
        List<ImageTask> tasks = PlainAttack.tasks(context).stream().limit(QUERY_TIMES.size()).map(ImageTask::original).toList();
        NDArray latents = context.sampler().latents(manager, tasks);
        NDArray states = context.sampler().original().encode(manager, tasks.stream().map(ImageTask::prompt).toList());
        int[] timesteps = new int[tasks.size()];
        float[] times = new float[tasks.size()];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = (int) ((long) QUERY_TIMES.get(i) * context.components().scheduler().numTrainTimesteps() / 1000);
            times[i] = timesteps[i];
        }
        Noise noise = context.noise("queries");
        return context.components().lane().call(DeviceLane.Priority.BACKGROUND, () -> Autograd.noGrad(() -> {
            try (Scope scope = new Scope()) {
                NDArray noisy = context.components().scheduler().addNoise(latents, noise.normal(manager, latents.getShape()), timesteps);
                List<NDArray> asked = AttentionQueries.sample(context.components().unet(), noisy,
                        Tensors.of(manager, times, new Shape(times.length)), states, noise, manager);
                asked.forEach(scope::keep);
                return asked;
            }
        }));
    }
}
