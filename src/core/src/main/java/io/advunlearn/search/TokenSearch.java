package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Greedy coordinate search for text whose embedding comes near a target. At each free position the gradient ranks the
 * vocabulary (HotFlip, Ebrahimi et al. 2018; GCG, Zou et al. 2023), the best are tried exactly, and the nearest whose text tokenises
 * back to the same ids is taken.
 */
public final class TokenSearch {

    /**
     * A prompt with free tokens in it.
     *
     * @param before ids before the free ones
     * @param free number of free ids
     * @param after ids after them
     */
    public record Slot(int[] before, int free, int[] after) {

        /** The prompt with these tokens in the free places. */
        public int[] fill(int[] tokens) {
            return TokenText.join(before, tokens, after);
        }
    }

    /**
     * @param key which search it was
     * @param text what was found, {@code null} if nothing survives re-tokenisation
     * @param distance of its embedding to the target, in the searcher's units
     * @param start distance of the random start
     * @param encoderForward prompts that went through the encoder
     * @param seconds wall-clock
     */
    public record Found(String key, String text, double distance, double start, long encoderForward, double seconds) {
    }

    private final CancellationToken cancellation;
    private final PromptDistance distance;
    private final TokenGradient gradient;
    private final TokenText text;
    private final int candidates;
    private long encoderForward;

    /** @param candidates tokens tried exactly at each position, those that the gradient ranks best; the vocabulary's size means all */
    public TokenSearch(ClipTokenizer tokenizer, PromptEncoder prompts, PromptMetric metric, int candidates, DeviceLane lane,
            CancellationToken cancellation) {
        this.cancellation = cancellation;
        distance = new PromptDistance(prompts, metric);
        text = new TokenText(tokenizer);
        gradient = new TokenGradient(prompts.encoder(), metric, text, lane);
        this.candidates = Math.min(candidates, text.words().length);
    }

    /** @param target [1, N, D] */
    public Found search(String key, NDArray target, Slot slot, int sweeps, Noise noise) {
        long started = System.nanoTime();
        encoderForward = 0;
        int[] tokens = text.surviving(slot, noise);
        float start = distance.exact(new int[][] {text.window(slot.fill(tokens))}, target)[0];
        double best = Double.POSITIVE_INFINITY;
        for (int sweep = 0; sweep < sweeps; sweep++) {
            double before = best;
            for (int position = 0; position < slot.free(); position++) {
                cancellation.throwIfCancelled();
                best = improve(slot, tokens, position, best, target);
            }
            if (best >= before) {
                break;
            }
        }
        Optional<String> found = text.text(slot.fill(tokens));
        float end = distance.exact(new int[][] {text.window(slot.fill(tokens))}, target)[0];
        encoderForward += 2;
        return new Found(key, found.orElse(null), end, start, encoderForward, (System.nanoTime() - started) * 1e-9);
    }

    /** Replaces one token by the nearest surviving candidate if that is nearer; returns the distance reached. */
    private double improve(Slot slot, int[] tokens, int position, double best, NDArray target) {
        int[] ranked = ranked(slot, tokens, position, target);
        int[][] windows = Arrays.stream(ranked).mapToObj(id -> text.window(slot.fill(with(tokens, position, id)))).toArray(int[][]::new);
        float[] distances = distance.estimate(windows, text.end(slot.fill(tokens)), target);
        encoderForward += windows.length;
        int[] order = IntStream.range(0, ranked.length).boxed().sorted(Comparator.comparingDouble(i -> distances[i])).mapToInt(i -> i).toArray();
        for (int i : order) {
            if (distances[i] >= best) {
                return best;
            }
            if (text.text(slot.fill(with(tokens, position, ranked[i]))).isPresent()) {
                tokens[position] = ranked[i];
                return distances[i];
            }
        }
        return best;
    }

    private static int[] with(int[] tokens, int position, int id) {
        int[] changed = tokens.clone();
        changed[position] = id;
        return changed;
    }

    /** The candidates for one position: all, or those that the gradient ranks best and the present one. */
    private int[] ranked(Slot slot, int[] tokens, int position, NDArray target) {
        int[] words = text.words();
        if (candidates >= words.length) {
            return words;
        }
        encoderForward++;
        int present = tokens[position];
        int[] best = gradient.best(slot, tokens, position, position + 1, candidates, target)[0];
        return IntStream.concat(IntStream.of(present), Arrays.stream(best).filter(id -> id != present)).limit(candidates).toArray();
    }
}
