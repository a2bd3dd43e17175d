package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.search.TokenSearch.Found;
import io.advunlearn.search.TokenSearch.Slot;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;

/**
 * Greedy coordinate gradient (GCG, Zou et al. 2023): one gradient ranks the vocabulary at every free position; a batch of prompts, each
 * with one random position changed to a random one of the best tokens there, is tried exactly; the nearest goes on, even if it is farther
 * than before, and the nearest of all steps is the result. {@link TokenSearch} instead tries all good tokens of one position after the
 * other and never steps back. Only prompts whose text tokenises back to the same ids take part.
 */
public final class GreedyCoordinateGradient {

    private final PromptDistance distance;
    private final TokenGradient gradient;
    private final TokenText text;
    private final CancellationToken cancellation;
    private final int topK;
    private final int batch;

    /**
     * @param topK tokens ranked best that are drawn from at each position (published: 256)
     * @param batch prompts tried a step (published: 512)
     */
    public GreedyCoordinateGradient(ClipTokenizer tokenizer, PromptEncoder prompts, PromptMetric metric, int topK, int batch, DeviceLane lane,
            CancellationToken cancellation) {
        this.cancellation = cancellation;
        this.topK = topK;
        this.batch = batch;
        distance = new PromptDistance(prompts, metric);
        text = new TokenText(tokenizer);
        gradient = new TokenGradient(prompts.encoder(), metric, text, lane);
    }

    /**
     * @param target [1, N, D]
     * @param steps gradient steps (published: 500)
     */
    public Found search(String key, NDArray target, Slot slot, int steps, Noise noise) {
        long started = System.nanoTime();
        long forwards = 2;
        int[] tokens = text.surviving(slot, noise);
        float start = exact(slot, tokens, target);
        int[] best = tokens;
        double nearest = Double.POSITIVE_INFINITY;
        for (int step = 0; step < steps; step++) {
            cancellation.throwIfCancelled();
            int[][] swaps = swaps(slot, tokens, target, noise);
            forwards += 1 + swaps.length;
            if (swaps.length > 0) {
                int[][] windows = Arrays.stream(swaps).map(swap -> text.window(slot.fill(swap))).toArray(int[][]::new);
                float[] distances = distance.estimate(windows, text.end(slot.fill(tokens)), target);
                int winner = lowest(distances);
                tokens = swaps[winner];
                if (distances[winner] < nearest) {
                    nearest = distances[winner];
                    best = tokens;
                }
            }
        }
        String found = text.text(slot.fill(best)).orElse(null);
        return new Found(key, found, exact(slot, best, target), start, forwards, (System.nanoTime() - started) * 1e-9);
    }

    private float exact(Slot slot, int[] tokens, NDArray target) {
        return distance.exact(new int[][] {text.window(slot.fill(tokens))}, target)[0];
    }

    /** Prompts with one token changed, those that survive re-tokenisation. */
    private int[][] swaps(Slot slot, int[] tokens, NDArray target, Noise noise) {
        int[][] ranked = gradient.best(slot, tokens, 0, slot.free(), topK, target);
        int[][] swaps = new int[batch][];
        for (int i = 0; i < batch; i++) {
            int position = noise.nextInt(slot.free());
            swaps[i] = tokens.clone();
            swaps[i][position] = ranked[position][noise.nextInt(ranked[position].length)];
        }
        return Arrays.stream(swaps).filter(swap -> text.text(slot.fill(swap)).isPresent()).toArray(int[][]::new);
    }

    private static int lowest(float[] values) {
        int lowest = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] < values[lowest]) {
                lowest = i;
            }
        }
        return lowest;
    }
}
