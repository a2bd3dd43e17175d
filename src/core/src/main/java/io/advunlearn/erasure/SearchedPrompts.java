package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Texts that an attacker would find: real tokens in the place of the concept, searched against the student while it is trained. What was
 * found is led to the anchor like the concept's own prompts and kept, so that the student does not forget it; later searches start from it
 * every second time.
 */
final class SearchedPrompts {

    private static final int KEPT = 512;
    private static final int MOST_FREE = 5;
    private static final String SAVED = "searched";

    /**
     * @param context index of the concept prompt it is to mean
     * @param slot that prompt with free tokens in the concept's place
     * @param free ids of the free tokens
     */
    record Text(int context, TokenSearch.Slot slot, int[] free) {

        int[] tokens() {
            return slot.fill(free);
        }

        Text with(int position, int id) {
            int[] changed = free.clone();
            changed[position] = id;
            return new Text(context, slot, changed);
        }
    }

    private final ClipTokenizer tokenizer;
    private final ErasureSettings settings;
    private final List<ConceptPrompt> contexts;
    private final PromptMetric metric;
    private final TokenText texts;
    private final TokenFlips flips;
    private final NDArray anchors;
    private final int[][] anchorTokens;
    private final List<Text> found = new ArrayList<>();

    /** @param manager owns the anchors' states */
    SearchedPrompts(PipelineComponents components, ErasureSettings settings, List<ConceptPrompt> contexts, Student student,
            FrozenPredictions frozen, PromptMetric metric, ConceptAnswers answers, CancellationToken cancellation, NDManager manager) {
        tokenizer = components.tokenizer();
        this.settings = settings;
        this.contexts = contexts;
        this.metric = metric;
        texts = new TokenText(tokenizer);
        flips = new TokenFlips(components, student, answers, texts, settings.searchCandidates(), cancellation, manager);
        anchors = frozen.encode(contexts.stream().map(ConceptPrompt::anchor).toList(), manager);
        anchorTokens = contexts.stream().map(prompt -> tokenizer.tokenize(prompt.anchor())).toArray(int[][]::new);
    }

    /** Searches one round of texts. @return their mean distance from the concept, relative to the anchor's */
    double search(Noise noise) {
        List<Text> round = new ArrayList<>();
        for (int i = 0; i < settings.searchPrompts(); i++) {
            round.add(found.isEmpty() || i % 2 == 0 ? start(noise) : found.get(noise.nextInt(found.size())));
        }
        double distance = 0;
        for (int step = 0; step < settings.searchSteps(); step++) {
            distance = flips.improve(round, noise);
        }
        found.addAll(round);
        while (found.size() > KEPT) {
            found.remove(0);
        }
        return distance;
    }

    /** Random tokens in the place of a random prompt's concept. */
    private Text start(Noise noise) {
        int context = noise.nextInt(contexts.size());
        TokenSearch.Slot slot = slot(context, 1 + noise.nextInt(MOST_FREE));
        return new Text(context, slot, texts.surviving(slot, noise));
    }

    private TokenSearch.Slot slot(int context, int free) {
        ConceptPrompt prompt = contexts.get(context);
        int[] before = Arrays.copyOf(prompt.tokens(), prompt.start());
        int[] after = Arrays.copyOfRange(prompt.tokens(), prompt.start() + prompt.length(), prompt.tokens().length);
        return new TokenSearch.Slot(before, free, after);
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /**
     * Mean distance of some found texts from their anchors, relative, a scalar differentiable in the encoder's weights: half of them from the
     * last round, half from all.
     *
     * @param unit what 1 means
     */
    NDArray loss(ClipTextModel encoder, int count, float unit, Noise noise, NDManager scratch) {
        int last = Math.min(found.size(), settings.searchPrompts());
        List<Text> picked = IntStream.range(0, count)
                .mapToObj(i -> found.get(i % 2 == 0 ? found.size() - 1 - noise.nextInt(last) : noise.nextInt(found.size()))).toList();
        int[][] windows = picked.stream().map(text -> texts.window(text.tokens())).toArray(int[][]::new);
        int[][] positions = picked.stream().map(text -> PromptAlignment.positions(text.tokens(), anchorTokens[text.context()], windows[0].length))
                .toArray(int[][]::new);
        NDArray aim = TextTargets.aligned(TrajectoryBank.rows(anchors, picked.stream().mapToInt(Text::context).toArray(), scratch), positions, scratch);
        WindowPrefix prefix = WindowPrefix.of(picked.stream().mapToInt(text -> texts.end(text.tokens())).toArray(), windows[0].length);
        return Aten.scale(metric.distance(encoder.encode(scratch, prefix.cut(windows)), prefix, aim).mean(), 1 / unit);
    }

    /** What a checkpoint must hold, by name: [texts, 2 + most free tokens], the context, the number of free tokens and these. */
    void save(Map<String, NDArray> saved, NDManager scratch) {
        if (found.isEmpty()) {
            return;
        }
        int width = 2 + MOST_FREE;
        float[] flat = new float[found.size() * width];
        for (int i = 0; i < found.size(); i++) {
            Text text = found.get(i);
            flat[i * width] = text.context();
            flat[i * width + 1] = text.free().length;
            for (int j = 0; j < text.free().length; j++) {
                flat[i * width + 2 + j] = text.free()[j];
            }
        }
        saved.put(SAVED, Tensors.of(scratch, flat, new Shape(found.size(), width)));
    }

    /** Takes its own entry out of a checkpoint's. */
    void restore(Map<String, NDArray> saved) {
        NDArray rows = saved.remove(SAVED);
        if (rows == null) {
            return;
        }
        float[] flat = rows.toFloatArray();
        rows.close();
        for (int at = 0; at < flat.length; at += 2 + MOST_FREE) {
            int[] free = new int[(int) flat[at + 1]];
            for (int j = 0; j < free.length; j++) {
                free[j] = (int) flat[at + 2 + j];
            }
            found.add(new Text((int) flat[at], slot((int) flat[at], free.length), free));
        }
    }
}
