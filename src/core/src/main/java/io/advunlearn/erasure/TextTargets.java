package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.List;

/**
 * Trains many prompts without the UNet: each should tell the UNet's cross-attention what the frozen encoder says for its target
 * prompt, itself (retained) or the anchor's (erased). Losses are relative, so that their weights mean the same on every model.
 */
final class TextTargets {

    private final PipelineComponents components;
    private final List<String> prompts;
    private final NDArray targets;
    private final KeyValueDistance distance;
    private final float scale;

    private TextTargets(PipelineComponents components, List<String> prompts, NDArray targets, NDArray unit, KeyValueDistance distance) {
        this.components = components;
        this.prompts = prompts;
        this.targets = targets;
        this.distance = distance;
        scale = unit.mean().getFloat();
    }

    /** Prompts that should stay as the starting encoder has them; the unit of their loss is their mean distance from the empty prompt. */
    static TextTargets retained(PipelineComponents components, List<String> prompts, FrozenPredictions frozen, KeyValueDistance distance,
            NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray targets = frozen.encodeAtStart(prompts, manager);
            NDArray unit = distance.distance(targets, frozen.encode(List.of(""), scratch));
            unit.attach(scratch);
            return new TextTargets(components, prompts, targets, unit, distance);
        }
    }

    /** Prompts that should become their anchors; the unit of their loss is their mean distance before training. */
    static TextTargets erased(PipelineComponents components, List<ConceptPrompt> pairs, FrozenPredictions frozen, KeyValueDistance distance,
            NDManager manager) {
        List<String> prompts = pairs.stream().map(ConceptPrompt::text).toList();
        int[][] positions = pairs.stream().map(p -> PromptAlignment.positions(components.tokenizer(), p.text(), p.anchor())).toArray(int[][]::new);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray anchors = frozen.encode(pairs.stream().map(ConceptPrompt::anchor).toList(), scratch);
            long width = anchors.getShape().get(2);
            NDArray targets = TrajectoryBank.rows(anchors.reshape(-1, width), flat(positions), scratch).reshape(anchors.getShape());
            targets.attach(manager);
            NDArray unit = distance.distance(frozen.encode(prompts, scratch), targets);
            unit.attach(scratch);
            return new TextTargets(components, prompts, targets, unit, distance);
        }
    }

    private static int[] flat(int[][] positions) {
        int length = positions[0].length;
        int[] flat = new int[positions.length * length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = i / length * length + positions[i / length][i % length];
        }
        return flat;
    }

    /** Mean relative distance of {@code count} random prompts, a scalar of at least 0, differentiable in the encoder's weights. */
    NDArray loss(ClipTextModel encoder, int count, Noise noise, NDManager scratch) {
        int[] rows = new int[count];
        Arrays.setAll(rows, i -> noise.nextInt(prompts.size()));
        int[][] ids = components.tokenizer().encodeAll(Arrays.stream(rows).mapToObj(prompts::get).toList());
        NDArray aim = TrajectoryBank.rows(targets, rows, scratch);
        return Aten.scale(distance.distance(encoder.encode(scratch, ids), aim).mean(), 1 / scale);
    }
}
