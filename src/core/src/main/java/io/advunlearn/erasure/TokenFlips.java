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
import io.advunlearn.tensor.ParallelWork;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
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
        this.candidates = Math.min(candidates, texts.words().length);
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
        Batch starts = batch(round);
        List<float[]> scores = inRanges(round, range -> scores(starts.rows(range), Arrays.copyOfRange(positions, range.from(), range.to())));
        List<SearchedPrompts.Text> tried = new ArrayList<>();
        for (int i = 0; i < round.size(); i++) {
            SearchedPrompts.Text text = round.get(i);
            int position = positions[i];
            Arrays.stream(ranked(scores.get(i), text.free()[position])).mapToObj(id -> text.with(position, id)).forEach(tried::add);
        }
        cancellation.throwIfCancelled();
        Batch trials = batch(tried);
        List<Float> distances = inRanges(tried, range -> distances(trials.rows(range)));
        double[] reached = new double[round.size()];
        for (int i = 0; i < reached.length; i++) {
            int best = best(tried, distances, i * candidates);
            round.set(i, tried.get(best));
            reached[i] = distances.get(best) / answers.unit();
        }
        return reached;
    }

    /** Texts that are computed together. */
    private record Batch(List<SearchedPrompts.Text> texts, int[][] windows, int[] ends, WindowPrefix prefix) {

        Batch rows(ParallelWork.Range range) {
            int from = range.from();
            int to = range.to();
            return new Batch(texts.subList(from, to), Arrays.copyOfRange(windows, from, to), Arrays.copyOfRange(ends, from, to), prefix.rows(range.indices()));
        }

        int[] contexts() {
            return texts.stream().mapToInt(SearchedPrompts.Text::context).toArray();
        }
    }

    private Batch batch(List<SearchedPrompts.Text> all) {
        int[][] windows = all.stream().map(text -> texts.window(text.tokens())).toArray(int[][]::new);
        int[] ends = all.stream().mapToInt(text -> texts.end(text.tokens())).toArray();
        return new Batch(all, windows, ends, WindowPrefix.of(ends, windows[0].length));
    }

    /** What each text gives, on as many threads as may compute at once. */
    private <T> List<T> inRanges(List<SearchedPrompts.Text> all, Function<ParallelWork.Range, List<T>> some) {
        return lane(() -> ParallelWork.inRanges(all.size(), components.device(), some)).stream().flatMap(List::stream).toList();
    }

    private <T> T lane(Supplier<T> work) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND, work);
    }

    /** First-order change of the distance for every id at one position of every text. */
    private List<float[]> scores(Batch batch, int[] positions) {
        try (NDManager scratch = manager.newSubManager()) {
            List<NDArray> aim = answers.concepts(batch.contexts(), scratch);
            NDArray leaf = Autograd.noGrad(() -> encoder.embed(Tensors.of(scratch, batch.prefix().cut(batch.windows()))));
            leaf.attach(scratch);
            NDArray variable = Autograd.leaf(leaf);
            NDArray loss = Autograd.record(() -> {
                NDArray distances = answers.distance(encoder.forwardEmbeds(variable, batch.ends()).lastHiddenState(), batch.prefix(), aim);
                distances.attach(scratch);
                return distances.sum();
            });
            loss.attach(scratch);
            NDArray gradient = Autograd.gradients(loss, List.of(variable)).get(0);
            gradient.attach(scratch);
            List<float[]> scores = new ArrayList<>();
            for (int row = 0; row < positions.length; row++) {
                scores.add(score(gradient.get(row, 1 + batch.texts().get(row).slot().before().length + positions[row]), scratch));
            }
            return scores;
        }
    }

    private float[] score(NDArray gradient, NDManager scratch) {
        return Autograd.noGrad(() -> {
            NDArray score = Aten.linear(gradient.reshape(1, -1), encoder.tokenEmbedding(), null);
            score.attach(scratch);
            return Tensors.floats(score);
        });
    }

    /** The present token first, then those that the gradient ranks best, the first of equals. */
    private int[] ranked(float[] scores, int present) {
        int[] ranked = new int[candidates];
        ranked[0] = present;
        int filled = 1;
        for (int id : texts.words()) {
            if (id == present || filled == candidates && scores[id] >= scores[ranked[filled - 1]]) {
                continue;
            }
            int place = filled == candidates ? filled - 1 : filled++;
            for (; place > 1 && scores[id] < scores[ranked[place - 1]]; place--) {
                ranked[place] = ranked[place - 1];
            }
            ranked[place] = id;
        }
        return ranked;
    }

    /**
     * What the frozen encoder takes a text for, in units of the anchor's distance from the concept.
     *
     * @param concept its distance from the concept
     * @param nearest its distance from the nearest other class in the same place
     */
    record Meaning(double concept, double nearest) {
    }

    /** What each text means. @param classes ids of the words of other classes */
    List<Meaning> meanings(List<SearchedPrompts.Text> all, int[][] classes) {
        return inRanges(all, range -> all.subList(range.from(), range.to()).stream().map(text -> meaning(text, classes)).toList());
    }

    private Meaning meaning(SearchedPrompts.Text text, int[][] classes) {
        int[][] filled = Arrays.stream(classes).map(text.slot()::fill).toArray(int[][]::new);
        int[][] windows = Arrays.stream(filled).map(texts::window).toArray(int[][]::new);
        WindowPrefix prefix = WindowPrefix.of(Arrays.stream(filled).mapToInt(texts::end).toArray(), windows[0].length);
        WindowPrefix own = WindowPrefix.of(new int[] {texts.end(text.tokens())}, windows[0].length);
        return Autograd.noGrad(() -> {
            try (NDManager scratch = manager.newSubManager()) {
                NDArray states = start.encode(scratch, own.cut(new int[][] {texts.window(text.tokens())}));
                NDArray concept = answers.distance(states, own, answers.concepts(new int[] {text.context()}, scratch));
                concept.attach(scratch);
                NDArray others = answers.distance(start.encode(scratch, prefix.cut(windows)), prefix, answers.of(states, own));
                others.attach(scratch);
                return new Meaning(Tensors.number(concept) / answers.unit(), Tensors.number(others.min()) / answers.unit());
            }
        });
    }

    /** How far texts are from their concept prompts. */
    private List<Float> distances(Batch batch) {
        try (NDManager scratch = manager.newSubManager()) {
            return Autograd.noGrad(() -> {
                NDArray states = encoder.encode(scratch, batch.prefix().cut(batch.windows()));
                NDArray distances = answers.distance(states, batch.prefix(), answers.concepts(batch.contexts(), scratch));
                distances.attach(scratch);
                List<Float> values = new ArrayList<>();
                for (float distance : Tensors.floats(distances)) {
                    values.add(distance);
                }
                return values;
            });
        }
    }

    /** The nearest candidate of a text that survives as text; its present token, the first candidate, if no other is nearer. */
    private int best(List<SearchedPrompts.Text> tried, List<Float> distances, int first) {
        return IntStream.range(first + 1, first + candidates).boxed().filter(i -> distances.get(i) < distances.get(first))
                .sorted(Comparator.comparingDouble(distances::get))
                .filter(i -> texts.text(tried.get(i).tokens()).isPresent()).findFirst().orElse(first);
    }
}
