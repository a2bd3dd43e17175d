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
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trains many prompts without the UNet: each should tell the UNet's cross-attention what the frozen encoder says for its target
 * prompt, itself (retained) or the anchor's (erased). Losses are relative, so that their weights mean the same on every model.
 */
final class TextTargets {

    /** Every so many batches all padding is trained, in the others the first of it; then with so many times fewer prompts, at much the same cost. */
    private static final int WHOLE_EVERY = 4;

    private final int[][] windows;
    private final int[] ends;
    private final NDArray targets;
    private final List<Term> terms;

    /** @param unit the distance that counts as 1 */
    private record Term(PromptMetric metric, double weight, double unit) {
    }

    private TextTargets(ClipTokenizer tokenizer, List<String> prompts, NDArray targets, List<Term> terms) {
        windows = tokenizer.encodeAll(prompts);
        ends = prompts.stream().mapToInt(prompt -> tokenizer.encode(prompt).eos()).toArray();
        this.targets = targets;
        this.terms = terms;
    }

    /**
     * Prompts that should stay as the starting encoder has them; the unit of their loss is their mean distance from the empty prompt.
     *
     * @param stateWeight weight of the distance of the states themselves, which another denoiser may read in directions that this one does not
     */
    static TextTargets retained(PipelineComponents components, List<String> prompts, FrozenPredictions frozen, KeyValueDistance distance,
            double stateWeight, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray targets = frozen.encodeAtStart(prompts, manager);
            NDArray empty = frozen.encode(List.of(""), scratch);
            List<Term> terms = new ArrayList<>(List.of(term(PromptMetric.keyValue(distance), 1, targets, empty, scratch)));
            if (stateWeight > 0) {
                terms.add(term(PromptMetric.states(), stateWeight, targets, empty, scratch));
            }
            return new TextTargets(components.tokenizer(), prompts, targets, terms);
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
            Term term = term(PromptMetric.keyValue(distance), 1, frozen.encode(prompts, scratch), targets, scratch);
            return new TextTargets(components.tokenizer(), prompts, targets, List.of(term));
        }
    }

    private static Term term(PromptMetric metric, double weight, NDArray states, NDArray from, NDManager scratch) {
        return Autograd.noGrad(() -> {
            NDArray distances = metric.distance(states, WindowPrefix.whole((int) states.getShape().get(1)), from);
            distances.attach(scratch);
            return new Term(metric, weight, Tensors.number(distances.mean()));
        });
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
        boolean whole = noise.nextInt(WHOLE_EVERY) == 0;
        int[] rows = new int[whole ? Math.max(1, count / WHOLE_EVERY) : count];
        Arrays.setAll(rows, i -> noise.nextInt(windows.length));
        int[][] ids = Arrays.stream(rows).mapToObj(row -> windows[row]).toArray(int[][]::new);
        WindowPrefix prefix = whole ? WindowPrefix.whole(ids[0].length)
                : WindowPrefix.of(Arrays.stream(rows).map(row -> ends[row]).toArray(), ids[0].length);
        NDArray aim = TrajectoryBank.rows(targets, rows, scratch);
        NDArray states = encoder.encode(scratch, prefix.cut(ids));
        return terms.stream().map(term -> Aten.scale(term.metric().distance(states, prefix, aim).mean(), term.weight() / term.unit()))
                .reduce(NDArray::add).orElseThrow();
    }
}
