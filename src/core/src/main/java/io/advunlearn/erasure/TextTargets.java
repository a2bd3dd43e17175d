package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.List;

/**
 * Trains many prompts without the UNet: each should tell the UNet's cross-attention what the frozen encoder says for its target
 * prompt, itself (retained) or the anchor's (erased). Losses are relative, so that their weights mean the same on every model.
 */
final class TextTargets {

    /** Every so many batches all padding is trained, in the others the first of it. */
    private static final int WHOLE_EVERY = 4;

    private final int[][] windows;
    private final int[] ends;
    private final NDArray targets;
    private final PromptMetric metric;
    private final float scale;

    private TextTargets(ClipTokenizer tokenizer, List<String> prompts, NDArray targets, NDArray unit, KeyValueDistance distance) {
        windows = tokenizer.encodeAll(prompts);
        ends = prompts.stream().mapToInt(prompt -> tokenizer.encode(prompt).eos()).toArray();
        this.targets = targets;
        metric = PromptMetric.keyValue(distance);
        scale = unit.mean().getFloat();
    }

    /** Prompts that should stay as the starting encoder has them; the unit of their loss is their mean distance from the empty prompt. */
    static TextTargets retained(PipelineComponents components, List<String> prompts, FrozenPredictions frozen, KeyValueDistance distance,
            NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray targets = frozen.encodeAtStart(prompts, manager);
            NDArray unit = distance.distance(targets, frozen.encode(List.of(""), scratch));
            unit.attach(scratch);
            return new TextTargets(components.tokenizer(), prompts, targets, unit, distance);
        }
    }

    /** Prompts that should become their anchors; the unit of their loss is their mean distance before training. */
    static TextTargets erased(PipelineComponents components, List<ConceptPrompt> pairs, FrozenPredictions frozen, KeyValueDistance distance,
            NDManager manager) {
        List<String> prompts = pairs.stream().map(ConceptPrompt::text).toList();
        int[][] positions = pairs.stream().map(p -> PromptAlignment.positions(components.tokenizer(), p.text(), p.anchor())).toArray(int[][]::new);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray anchors = frozen.encode(pairs.stream().map(ConceptPrompt::anchor).toList(), scratch);
            NDArray targets = aligned(anchors, positions, scratch);
            targets.attach(manager);
            NDArray unit = distance.distance(frozen.encode(prompts, scratch), targets);
            unit.attach(scratch);
            return new TextTargets(components.tokenizer(), prompts, targets, unit, distance);
        }
    }

    /**
     * Picks positions of every row.
     *
     * @param states [B, N, D]
     * @param positions [B][N]
     * @return [B, N, D], owned by {@code scratch}
     */
    static NDArray aligned(NDArray states, int[][] positions, NDManager scratch) {
        int length = positions[0].length;
        int[] flat = new int[positions.length * length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = i / length * length + positions[i / length][i % length];
        }
        return TrajectoryBank.rows(states.reshape(-1, states.getShape().get(2)), flat, scratch).reshape(states.getShape());
    }

    /** Mean relative distance of {@code count} random prompts, a scalar of at least 0, differentiable in the encoder's weights. */
    NDArray loss(ClipTextModel encoder, int count, Noise noise, NDManager scratch) {
        int[] rows = new int[count];
        Arrays.setAll(rows, i -> noise.nextInt(windows.length));
        int[][] ids = Arrays.stream(rows).mapToObj(row -> windows[row]).toArray(int[][]::new);
        WindowPrefix prefix = noise.nextInt(WHOLE_EVERY) == 0 ? WindowPrefix.whole(ids[0].length)
                : WindowPrefix.of(Arrays.stream(rows).map(row -> ends[row]).toArray(), ids[0].length);
        NDArray aim = TrajectoryBank.rows(targets, rows, scratch);
        return Aten.scale(metric.distance(encoder.encode(scratch, prefix.cut(ids)), prefix, aim).mean(), 1 / scale);
    }
}
