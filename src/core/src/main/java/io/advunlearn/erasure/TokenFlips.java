package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.TokenText;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * One step of a token search on several texts at once (HotFlip, Ebrahimi et al. 2018): in each text the gradient at one free token ranks the
 * vocabulary, the best are tried exactly, and the nearest that survives as text is taken.
 */
final class TokenFlips {

    private final PipelineComponents components;
    private final ClipTextModel encoder;
    private final ClipTextModel start;
    private final ConceptAnswers answers;
    private final TokenText texts;
    private final int candidates;
    private final CancellationToken cancellation;
    private final NDManager manager;

    TokenFlips(PipelineComponents components, Student student, ClipTextModel start, ConceptAnswers answers, TokenText texts, int candidates,
            CancellationToken cancellation, NDManager manager) {
        this.components = components;
        encoder = student.attacked().encoder();
        this.start = start;
        this.answers = answers;
        this.texts = texts;
        this.candidates = candidates;
        this.cancellation = cancellation;
        this.manager = manager;
    }

    /**
     * Replaces one free token of every text if that brings it nearer.
     *
     * @param step which step it is: the free tokens take turns
     * @return relative distances reached
     */
    double[] improve(List<SearchedPrompts.Text> round, int step) {
        int[] positions = round.stream().mapToInt(text -> step % text.free().length).toArray();
        double[] reached = new double[round.size()];
        try (NDManager scratch = manager.newSubManager()) {
            float[][] scores = lane(() -> scores(round, positions, scratch));
            List<SearchedPrompts.Text> tried = new ArrayList<>();
            for (int i = 0; i < round.size(); i++) {
                SearchedPrompts.Text text = round.get(i);
                int position = positions[i];
                Arrays.stream(ranked(scores[i], text.free()[position])).mapToObj(id -> text.with(position, id)).forEach(tried::add);
            }
            cancellation.throwIfCancelled();
            float[] distances = lane(() -> distances(tried));
            for (int i = 0; i < reached.length; i++) {
                int best = best(tried, distances, i * candidates);
                round.set(i, tried.get(best));
                reached[i] = distances[best] / answers.unit();
            }
        }
        return reached;
    }

    private <T> T lane(Supplier<T> work) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND, work);
    }

    /** First-order change of the distance for every id at one position of every text. */
    private float[][] scores(List<SearchedPrompts.Text> round, int[] positions, NDManager manager) {
        int[][] windows = round.stream().map(text -> texts.window(text.tokens())).toArray(int[][]::new);
        int[] ends = round.stream().mapToInt(text -> texts.end(text.tokens())).toArray();
        WindowPrefix prefix = WindowPrefix.of(ends, windows[0].length);
        try (NDManager scratch = manager.newSubManager()) {
            List<NDArray> aim = answers.concepts(round.stream().mapToInt(SearchedPrompts.Text::context).toArray(), scratch);
            NDArray leaf = Autograd.noGrad(() -> encoder.embed(Tensors.of(scratch, prefix.cut(windows))));
            leaf.attach(scratch);
            NDArray variable = Autograd.leaf(leaf);
            NDArray loss = Autograd.record(() -> {
                NDArray distances = answers.distance(encoder.forwardEmbeds(variable, ends).lastHiddenState(), prefix, aim);
                distances.attach(scratch);
                return distances.sum();
            });
            loss.attach(scratch);
            NDArray gradient = Autograd.gradients(loss, List.of(variable)).get(0);
            gradient.attach(scratch);
            float[][] scores = new float[round.size()][];
            for (int i = 0; i < scores.length; i++) {
                int row = i;
                int column = 1 + round.get(i).slot().before().length + positions[i];
                scores[i] = Autograd.noGrad(() -> {
                    NDArray score = Aten.linear(gradient.get(row, column).reshape(1, -1), encoder.tokenEmbedding(), null);
                    score.attach(scratch);
                    return Tensors.floats(score);
                });
            }
            return scores;
        }
    }

    /** The present token first, then those that the gradient ranks best. */
    private int[] ranked(float[] scores, int present) {
        return IntStream.concat(IntStream.of(present), Arrays.stream(texts.words()).filter(id -> id != present).boxed()
                .sorted(Comparator.comparingDouble(id -> scores[id])).limit(candidates - 1L).mapToInt(id -> id)).toArray();
    }

    /**
     * What the frozen encoder takes a text for, in units of the anchor's distance from the concept.
     *
     * @param concept its distance from the concept
     * @param nearest its distance from the nearest other class in the same place
     */
    record Meaning(double concept, double nearest) {
    }

    /** @param classes ids of the words of other classes */
    Meaning meaning(SearchedPrompts.Text text, int[][] classes) {
        int[][] filled = Arrays.stream(classes).map(text.slot()::fill).toArray(int[][]::new);
        int[][] windows = Arrays.stream(filled).map(texts::window).toArray(int[][]::new);
        WindowPrefix prefix = WindowPrefix.of(Arrays.stream(filled).mapToInt(texts::end).toArray(), windows[0].length);
        WindowPrefix own = WindowPrefix.of(new int[] {texts.end(text.tokens())}, windows[0].length);
        return lane(() -> Autograd.noGrad(() -> {
            try (NDManager scratch = manager.newSubManager()) {
                NDArray states = start.encode(scratch, own.cut(new int[][] {texts.window(text.tokens())}));
                NDArray concept = answers.distance(states, own, answers.concepts(new int[] {text.context()}, scratch));
                concept.attach(scratch);
                NDArray others = answers.distance(start.encode(scratch, prefix.cut(windows)), prefix, answers.of(states, own));
                others.attach(scratch);
                return new Meaning(Tensors.number(concept) / answers.unit(), Tensors.number(others.min()) / answers.unit());
            }
        }));
    }

    /** How far texts are from their concept prompts. */
    private float[] distances(List<SearchedPrompts.Text> tried) {
        int[][] windows = tried.stream().map(text -> texts.window(text.tokens())).toArray(int[][]::new);
        WindowPrefix prefix = WindowPrefix.of(tried.stream().mapToInt(text -> texts.end(text.tokens())).toArray(), windows[0].length);
        try (NDManager scratch = manager.newSubManager()) {
            return Autograd.noGrad(() -> {
                NDArray states = encoder.encode(scratch, prefix.cut(windows));
                List<NDArray> concepts = answers.concepts(tried.stream().mapToInt(SearchedPrompts.Text::context).toArray(), scratch);
                NDArray distances = answers.distance(states, prefix, concepts);
                distances.attach(scratch);
                return Tensors.floats(distances);
            });
        }
    }

    /** The nearest candidate of a text that survives as text; its present token, the first candidate, if no other is nearer. */
    private int best(List<SearchedPrompts.Text> tried, float[] distances, int first) {
        return IntStream.range(first + 1, first + candidates).boxed().filter(i -> distances[i] < distances[first])
                .sorted(Comparator.comparingDouble(i -> distances[i]))
                .filter(i -> texts.text(tried.get(i).tokens()).isPresent()).findFirst().orElse(first);
    }
}
