package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
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
        for (int i = 0; i < distances.length; i++) {
            if (distances[i] < DANGEROUS) {
                Text text = round.get(i);
                found.add(new Text(text.context(), text.slot(), text.free(), !meansClass(text)));
            }
        }
        while (found.size() > KEPT) {
            found.remove(0);
        }
        return Arrays.stream(distances).average().orElseThrow();
    }

    private boolean meansClass(Text text) {
        TokenFlips.Meaning meaning = flips.meaning(text, classes);
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
        List<NDArray> aim = Autograd.noGrad(() -> aim(picked, start.encode(scratch, ids), prefix, scratch));
        return Aten.scale(answers.distance(encoder.encode(scratch, ids), prefix, aim).mean(), 1 / answers.unit());
    }

    /** The anchor's answers, or those to the frozen encoder's own states. */
    private List<NDArray> aim(List<Text> picked, NDArray states, WindowPrefix prefix, NDManager scratch) {
        float[] anchored = new float[picked.size()];
        for (int i = 0; i < anchored.length; i++) {
            anchored[i] = picked.get(i).anchored() ? 1 : 0;
        }
        NDArray share = Tensors.of(scratch, anchored, new Shape(anchored.length, 1, 1, 1));
        List<NDArray> anchors = answers.anchors(picked.stream().mapToInt(Text::context).toArray(), scratch);
        List<NDArray> own = answers.of(states, prefix);
        return IntStream.range(0, own.size()).mapToObj(i -> own.get(i).add(anchors.get(i).sub(own.get(i)).mul(share))).toList();
    }

    /** What a checkpoint must hold, by name: [texts, 3 + most free tokens], the context, whether it is anchored, the number of free tokens and these. */
    void save(Map<String, NDArray> saved, NDManager scratch) {
        if (found.isEmpty()) {
            return;
        }
        int width = 3 + MOST_FREE;
        float[] flat = new float[found.size() * width];
        for (int i = 0; i < found.size(); i++) {
            Text text = found.get(i);
            flat[i * width] = text.context();
            flat[i * width + 1] = text.anchored() ? 1 : 0;
            flat[i * width + 2] = text.free().length;
            for (int j = 0; j < text.free().length; j++) {
                flat[i * width + 3 + j] = text.free()[j];
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
        float[] flat = Tensors.floats(rows);
        rows.close();
        for (int at = 0; at < flat.length; at += 3 + MOST_FREE) {
            int[] free = new int[(int) flat[at + 2]];
            for (int j = 0; j < free.length; j++) {
                free[j] = (int) flat[at + 3 + j];
            }
            found.add(new Text((int) flat[at], slot((int) flat[at], free.length), free, flat[at + 1] == 1));
        }
    }
}
