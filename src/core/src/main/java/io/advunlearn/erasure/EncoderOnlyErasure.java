package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One erasure by {@link EncoderOnly}. */
final class EncoderOnlyErasure implements EncoderTraining.Step {

    /** Texts whose mean distance is the unit of a loss. */
    private static final int SAMPLE = 64;
    private static final String FOUND = "found";

    private final EncoderTraining training;
    private final EncoderOnlySettings settings;
    private final KeyValueDistance distance;
    private final TextPairs erased;
    private final TextPairs retained;
    private final TextPairs empty;
    private final TextPairs searched;
    private final ConceptSearch search;
    private final double eraseUnit;
    private final double retainUnit;

    /** Continues from the training's checkpoint, if there is one. */
    EncoderOnlyErasure(EncoderTraining training, EncoderOnlySettings settings, ErasurePrompts prompts, Paraphrases paraphrases,
            KeyValueDistance distance) {
        this.training = training;
        this.settings = settings;
        ClipTokenizer tokenizer = training.components().tokenizer();
        this.distance = distance;
        int reworded = (int) Math.round(settings.paraphraseShare() * settings.eraseTexts());
        List<ConceptPrompt> contexts = prompts.contexts(Math.max(1, settings.eraseTexts() - reworded), training.root().fork("erased"));
        erased = pairs(training.frozen(), Stream.concat(contexts.stream().map(p -> new TextPair(p.tokens(), tokenizer.tokenize(p.anchor()))),
                paraphrases.draw(reworded, contexts, training.root().fork("paraphrases")).stream()).toList());
        retained = pairs(training.starting(), prompts.retained(settings.retainTexts(), training.root().fork("retained")).stream()
                .map(text -> TextPair.unchanged(tokenizer.tokenize(text))).toList());
        empty = pairs(training.starting(), List.of(TextPair.unchanged(new int[0])));
        searched = pairs(training.frozen(), List.of());
        search = new ConceptSearch(training, settings, contexts, searched, distance);
        eraseUnit = unit(erased, null);
        retainUnit = unit(retained, empty.target(0));
        training.restore();
        recall();
    }

    private TextPairs pairs(PromptEncoder teacher, List<TextPair> texts) {
        TextPairs pairs = new TextPairs(training.components().tokenizer(), teacher, training.manager());
        pairs.add(texts);
        return pairs;
    }

    /** Mean distance of what the frozen encoder says to texts from their targets, or from one array [1, N, D]. */
    private double unit(TextPairs texts, NDArray other) {
        int[][] ids = new int[Math.min(SAMPLE, texts.size())][];
        NDList targets = new NDList();
        for (int i = 0; i < ids.length; i++) {
            ids[i] = texts.ids(i);
            targets.add(texts.target(i));
        }
        try (NDManager scratch = training.manager().newSubManager()) {
            NDArray states = training.frozen().encode(scratch, ids);
            double mean = training.lane(() -> {
                NDArray aim = other != null ? other : NDArrays.concat(targets);
                try (NDArray distances = distance.distance(states, aim)) {
                    return mean(Tensors.floats(distances), 0, ids.length);
                } finally {
                    if (other == null) {
                        aim.close();
                    }
                }
            });
            // A concept that already is its anchor has nothing to erase.
            return mean > 0 ? mean : 1;
        }
    }

    @Override
    public String run(int iteration, Noise noise, Map<String, Double> values, NDManager scratch) {
        int since = iteration - settings.searchStart();
        boolean searches = since >= 0 && since % settings.searchInterval() == 0 && settings.searches() > 0;
        if (searches) {
            search(noise.fork("search"), scratch);
            values.put("searched_texts", (double) searched.size());
        }
        train(noise.fork("texts"), values, scratch);
        return searches ? "adversarial" : "train";
    }

    private void search(Noise noise, NDManager scratch) {
        for (int i = 0; i < settings.searches(); i++) {
            // One by one, as after a resume: a batch of another size would round differently.
            search.find(noise.fork("search-" + i), scratch).ifPresent(pair -> {
                searched.add(List.of(pair));
                remember(pair);
            });
        }
    }

    private void train(Noise noise, Map<String, Double> values, NDManager scratch) {
        Batch batch = new Batch();
        batch.add("loss_erase", erased, erased.pick(settings.eraseBatch(), noise), settings.eraseWeight() / eraseUnit);
        batch.add("loss_retain", retained, retained.pick(settings.retainBatch(), noise), settings.retainWeight() / retainUnit);
        batch.add("loss_empty", empty, new int[] {0}, settings.retainWeight() / retainUnit);
        batch.add("loss_searched", searched, searched.pick(settings.searchBatch(), noise), settings.searchWeight() / eraseUnit);
        training.update(() -> batch.loss(values, scratch), scratch);
    }

    /** Texts that go through the encoder together; each term is the weighted mean distance of its rows. */
    private final class Batch {

        private record Term(String name, int from, int to, double weight) {
        }

        private final List<int[]> ids = new ArrayList<>();
        private final List<Integer> ends = new ArrayList<>();
        private final NDList targets = new NDList();
        private final List<Term> terms = new ArrayList<>();

        void add(String name, TextPairs texts, int[] rows, double weight) {
            if (rows.length > 0) {
                terms.add(new Term(name, ids.size(), ids.size() + rows.length, weight));
                for (int row : rows) {
                    ids.add(texts.ids(row));
                    ends.add(texts.eos(row));
                    targets.add(texts.target(row));
                }
            }
        }

        NDArray loss(Map<String, Double> values, NDManager scratch) {
            WindowPrefix prefix = WindowPrefix.of(ends.stream().mapToInt(end -> end).toArray(), window());
            NDArray aims = NDArrays.concat(targets);
            aims.attach(scratch);
            NDArray states = training.encoder().encode(scratch, prefix.cut(ids.toArray(int[][]::new)));
            NDArray distances = PromptMetric.keyValue(distance).distance(states, prefix, aims);
            float[] plain = Tensors.floats(distances);
            float[] weights = new float[ids.size()];
            for (Term term : terms) {
                Arrays.fill(weights, term.from(), term.to(), (float) (term.weight() / (term.to() - term.from())));
                values.put(term.name(), term.weight() * mean(plain, term.from(), term.to()));
            }
            return distances.mul(Tensors.of(scratch, weights, new Shape(weights.length))).sum();
        }
    }

    private static double mean(float[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum / (to - from);
    }

    /** Adds a found text to what the training keeps: [found texts, 2, N] ids of the text and of its target, exact in fp32. */
    private void remember(TextPair pair) {
        NDArray before = training.kept(FOUND);
        float[] old = before == null ? new float[0] : Tensors.floats(before);
        float[] all = Arrays.copyOf(old, old.length + 2 * window());
        write(pair.text(), all, old.length);
        write(pair.target(), all, old.length + window());
        training.keep(FOUND, Tensors.of(training.manager(), all, new Shape(all.length / (2 * window()), 2, window())));
    }

    private int window() {
        return training.components().tokenizer().maxLength();
    }

    private static void write(int[] ids, float[] into, int at) {
        into[at] = ids.length;
        for (int i = 0; i < ids.length; i++) {
            into[at + 1 + i] = ids[i];
        }
    }

    private static int[] read(float[] from, int at) {
        int[] ids = new int[(int) from[at]];
        Arrays.setAll(ids, i -> (int) from[at + 1 + i]);
        return ids;
    }

    /** The found texts of a checkpoint. */
    private void recall() {
        float[] all = training.kept(FOUND) == null ? new float[0] : Tensors.floats(training.kept(FOUND));
        for (int at = 0; at < all.length; at += 2 * window()) {
            searched.add(List.of(new TextPair(read(all, at), read(all, at + window()))));
        }
    }
}
