package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Texts that an attacker would find: real tokens in the place of the concept, searched against the student while it is trained. They are led
 * to the anchor like the concept's own prompts, but for texts that mean another class to the frozen encoder: those are led back to
 * what it says. What was found is kept, so that the student does not forget it; later searches start from the last ones every second time.
 */
final class SearchedPrompts {

    private static final int KEPT = 512;
    /** Texts nearer to another class than this, in units of the concept's distance from its anchor, and much nearer than to the concept, mean it. */
    private static final double MEANS_CLASS = 0.4;
    /** Texts farther than this are no attack, and not trained. */
    private static final double DANGEROUS = 0.9;
    private static final int MOST_FREE = 5;
    /** Every second start and every second trained text is one of the last so many. */
    private static final int LAST = 32;
    private static final String SAVED = "searched";

    /**
     * @param context index of the concept prompt it is to mean
     * @param slot that prompt with free tokens in the concept's place
     * @param free ids of the free tokens
     * @param anchored whether it is led to the anchor; otherwise to what the frozen encoder says
     */
    record Text(int context, TokenSearch.Slot slot, int[] free, boolean anchored) {

        int[] tokens() {
            return slot.fill(free);
        }

        Text with(int position, int id) {
            int[] changed = free.clone();
            changed[position] = id;
            return new Text(context, slot, changed, anchored);
        }
    }

    private final ErasureSettings settings;
    private final List<ConceptPrompt> contexts;
    private final ConceptAnswers answers;
    private final TokenText texts;
    private final TokenFlips flips;
    private final ClipTextModel start;
    private final int[][] classes;
    private final List<Text> found = new ArrayList<>();

    /** @param classes words for everything else that a prompt may name, at least one */
    SearchedPrompts(PipelineComponents components, ErasureSettings settings, List<ConceptPrompt> contexts, List<String> classes, Student student,
            ClipTextModel start, ConceptAnswers answers, CancellationToken cancellation, NDManager manager) {
        this.settings = settings;
        this.contexts = contexts;
        this.answers = answers;
        this.start = start;
        this.classes = classes.stream().map(components.tokenizer()::tokenize).toArray(int[][]::new);
        texts = new TokenText(components.tokenizer());
        flips = new TokenFlips(components, student, start, answers, texts, settings.searchCandidates(), cancellation, manager);
    }

    /** Searches one round of texts. @return their mean distance from the concept, relative to the anchor's */
    double search(Noise noise) {
        List<Text> round = new ArrayList<>();
        for (int i = 0; i < settings.searchPrompts(); i++) {
            round.add(found.isEmpty() || i % 2 == 0 ? start(noise) : found.get(found.size() - 1 - noise.nextInt(Math.min(found.size(), LAST))));
        }
        double[] distances = new double[round.size()];
        for (int step = 0; step < settings.searchSteps(); step++) {
            distances = flips.improve(round, step);
        }
        double[] reached = distances;
        keep(IntStream.range(0, reached.length).filter(i -> reached[i] < DANGEROUS).mapToObj(round::get).toList());
        return Arrays.stream(reached).average().orElseThrow();
    }

    private void keep(List<Text> dangerous) {
        if (dangerous.isEmpty()) {
            return;
        }
        List<TokenFlips.Meaning> meanings = flips.meanings(dangerous, classes);
        for (int i = 0; i < meanings.size(); i++) {
            Text text = dangerous.get(i);
            found.add(new Text(text.context(), text.slot(), text.free(), !meansClass(meanings.get(i))));
        }
        while (found.size() > KEPT) {
            found.remove(0);
        }
    }

    private static boolean meansClass(TokenFlips.Meaning meaning) {
        return meaning.nearest() < MEANS_CLASS && meaning.nearest() < meaning.concept() / 2;
    }

    /** Random tokens in the place of a random prompt's concept. */
    private Text start(Noise noise) {
        int context = noise.nextInt(contexts.size());
        TokenSearch.Slot slot = slot(context, 1 + noise.nextInt(MOST_FREE));
        return new Text(context, slot, texts.surviving(slot, noise), false);
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
     * Mean distance of what some found texts say to the denoiser from what they should, relative, a scalar differentiable in the encoder's weights:
     * half of the texts are from the last ones, half from all.
     */
    NDArray loss(ClipTextModel encoder, int count, Noise noise, NDManager scratch) {
        int last = Math.min(found.size(), LAST);
        List<Text> picked = IntStream.range(0, count)
                .mapToObj(i -> found.get(i % 2 == 0 ? found.size() - 1 - noise.nextInt(last) : noise.nextInt(found.size()))).toList();
        int[][] windows = picked.stream().map(text -> texts.window(text.tokens())).toArray(int[][]::new);
        WindowPrefix prefix = WindowPrefix.of(picked.stream().mapToInt(text -> texts.end(text.tokens())).toArray(), windows[0].length);
        int[][] ids = prefix.cut(windows);
        List<NDArray> aim = Autograd.noGrad(() -> aim(picked, ids, prefix, scratch));
        return Aten.scale(answers.distance(encoder.encode(scratch, ids), prefix, aim).mean(), 1 / answers.unit());
    }

    /** The anchor's answers, or those to the frozen encoder's own states. */
    private List<NDArray> aim(List<Text> picked, int[][] ids, WindowPrefix prefix, NDManager scratch) {
        List<NDArray> anchors = answers.anchors(picked.stream().mapToInt(Text::context).toArray(), scratch);
        int[] own = IntStream.range(0, ids.length).filter(row -> !picked.get(row).anchored()).toArray();
        if (own.length == 0) {
            return anchors;
        }
        NDArray states = start.encode(scratch, Arrays.stream(own).mapToObj(row -> ids[row]).toArray(int[][]::new));
        List<NDArray> said = answers.of(states, prefix.rows(own));
        int[] chosen = IntStream.range(0, ids.length).toArray();
        for (int i = 0; i < own.length; i++) {
            chosen[own[i]] = ids.length + i;
        }
        return IntStream.range(0, said.size()).mapToObj(i -> TrajectoryBank.rows(both(anchors.get(i), said.get(i), scratch), chosen, scratch)).toList();
    }

    private static NDArray both(NDArray first, NDArray second, NDManager scratch) {
        NDArray both = first.concat(second);
        both.attach(scratch);
        return both;
    }

    /** What a checkpoint must hold, by name: [texts, 3 + most free tokens], the context, whether it is anchored, the number of free tokens and these. */
    void save(Map<String, NDArray> saved, NDManager scratch) {
        ErasureCheckpoint.putRows(saved, SAVED, found.stream().map(SearchedPrompts::row).toList(), scratch);
    }

    private static float[] row(Text text) {
        float[] row = new float[3 + MOST_FREE];
        row[0] = text.context();
        row[1] = text.anchored() ? 1 : 0;
        row[2] = text.free().length;
        for (int i = 0; i < text.free().length; i++) {
            row[3 + i] = text.free()[i];
        }
        return row;
    }

    /** Takes its own entry out of a checkpoint's. */
    void restore(Map<String, NDArray> saved) {
        for (float[] row : ErasureCheckpoint.takeRows(saved, SAVED)) {
            int[] free = new int[(int) row[2]];
            Arrays.setAll(free, i -> (int) row[3 + i]);
            found.add(new Text((int) row[0], slot((int) row[0], free.length), free, row[1] == 1));
        }
    }
}
