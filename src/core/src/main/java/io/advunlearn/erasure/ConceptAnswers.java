package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.AttentionQueries;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.List;

/**
 * What the frozen model's cross-attention answers to each concept prompt and to its anchor, for queries that the denoiser asks while it
 * draws the concept: the attacker's aim and the defender's, made once, blind to where in a prompt a word stands.
 */
final class ConceptAnswers {

    /** Images whose denoising shows what the cross-attention layers ask. */
    static final int QUERY_IMAGES = 4;

    private final KeyValueDistance distance;
    private final List<NDArray> queries;
    private final List<NDArray> concepts;
    private final List<NDArray> anchors;
    private final float unit;

    /**
     * @param contexts concept prompts, in the order of {@code latents}
     * @param manager owns the answers
     */
    ConceptAnswers(PipelineComponents components, List<ConceptPrompt> contexts, LatentSource latents, FrozenPredictions frozen,
            KeyValueDistance distance, UnetMeter meter, Noise noise, NDManager manager) {
        this.distance = distance;
        try (NDManager scratch = manager.newSubManager()) {
            NDArray texts = frozen.encode(contexts.stream().map(ConceptPrompt::text).toList(), scratch);
            NDArray instead = frozen.encode(contexts.stream().map(ConceptPrompt::anchor).toList(), scratch);
            int[] rows = latents.pick(QUERY_IMAGES, noise);
            LatentSource.Draw draw = latents.draw(rows, noise, scratch);
            meter.forward(rows.length);
            queries = lane(components, () -> AttentionQueries.sample(components.unet(), draw.latents(), draw.timesteps(),
                    TrajectoryBank.rows(texts, rows, scratch), noise, manager));
            concepts = lane(components, () -> kept(distance.answers(texts, null, queries), manager));
            anchors = lane(components, () -> kept(distance.answers(instead, null, queries), manager));
            unit = Autograd.noGrad(() -> {
                NDArray apart = distance.attentionDistance(texts, null, anchors, queries);
                apart.attach(scratch);
                return Tensors.number(apart.mean());
            });
        }
    }

    private static List<NDArray> lane(PipelineComponents components, java.util.function.Supplier<List<NDArray>> work) {
        return components.lane().callNoGrad(DeviceLane.Priority.BACKGROUND, work);
    }

    private static List<NDArray> kept(List<NDArray> arrays, NDManager manager) {
        arrays.forEach(array -> array.attach(manager));
        return arrays;
    }

    /** The answers to some concept prompts. */
    List<NDArray> concepts(int[] rows, NDManager scratch) {
        return rows(concepts, rows, scratch);
    }

    /** The answers to their anchors. */
    List<NDArray> anchors(int[] rows, NDManager scratch) {
        return rows(anchors, rows, scratch);
    }

    private static List<NDArray> rows(List<NDArray> answers, int[] rows, NDManager scratch) {
        return answers.stream().map(layer -> TrajectoryBank.rows(layer, rows, scratch)).toList();
    }

    /** The answers to given states [B, n, D]. */
    List<NDArray> of(NDArray states, WindowPrefix prefix) {
        return distance.answers(states, prefix.logCounts(states.getManager()), queries);
    }

    /** The mean distance of a concept prompt from its anchor: the unit of relative losses. */
    float unit() {
        return unit;
    }

    /**
     * Distance from given answers, differentiable in {@code states}.
     *
     * @param states [B, n, D]
     * @param answers for B texts or for one
     * @return [B]
     */
    NDArray distance(NDArray states, WindowPrefix prefix, List<NDArray> answers) {
        try (Scope scope = new Scope()) {
            return scope.keep(distance.attentionDistance(states, prefix.logCounts(states.getManager()), answers, queries));
        }
    }
}
