package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.AttentionQueries;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.List;

/** What the cross-attention layers ask while the original model draws the concept. */
final class ConceptQueries {

    /** Timesteps at which queries are taken, in thousandths of the training schedule. */
    private static final List<Integer> QUERY_TIMES = List.of(800, 600, 400, 200);

    private ConceptQueries() {
    }

    /**
     * Queries that the denoiser asks while it draws the concept.
     *
     * @return for each cross-attention layer [Q, heads, headDim], owned by {@code manager}
     */
    static List<NDArray> of(AttackContext context, NDManager manager) {
        List<ImageTask> tasks = PlainAttack.tasks(context).stream().limit(QUERY_TIMES.size()).map(ImageTask::original).toList();
        NDArray latents = context.sampler().latents(manager, tasks);
        NDArray states = context.sampler().original().encode(manager, tasks.stream().map(ImageTask::prompt).toList());
        int[] timesteps = new int[tasks.size()];
        float[] times = new float[tasks.size()];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = (int) ((long) QUERY_TIMES.get(i) * context.components().scheduler().noiseSchedule().numTrainTimesteps() / 1000);
            times[i] = timesteps[i];
        }
        Noise noise = context.noise("queries");
        return context.components().lane().callNoGrad(DeviceLane.Priority.BACKGROUND, () -> {
            try (Scope scope = new Scope()) {
                NDArray noisy = context.components().scheduler().noiseSchedule().addNoise(latents, noise.normal(manager, latents.getShape()), timesteps);
                List<NDArray> asked = AttentionQueries.sample(context.components().unet(), noisy,
                        Tensors.of(manager, times, new Shape(times.length)), states, noise, manager);
                asked.forEach(scope::keep);
                return asked;
            }
        });
    }
}
