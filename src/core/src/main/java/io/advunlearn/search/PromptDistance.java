package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;
import java.util.Arrays;

/**
 * Distance of many prompts to one target, without the denoiser. The encoder is causal, so the first positions of a window do not
 * depend on the rest, and the padding after EOS changes slowly: a few padding positions stand for all, which makes a search several
 * times faster. {@link #exact} uses every position.
 */
public final class PromptDistance {

    private static final int PADDING = 6;

    private final PromptEncoder encoder;
    private final PromptMetric metric;

    public PromptDistance(PromptEncoder encoder, PromptMetric metric) {
        this.encoder = encoder;
        this.metric = metric;
    }

    /**
     * @param windows full windows, all with the same EOS position
     * @param eos that position
     * @param target [1, N, D] at least as long as the windows
     * @return one estimate a window
     */
    public float[] estimate(int[][] windows, int eos, NDArray target) {
        int length = length(windows[0].length, eos);
        int[][] shortened = Arrays.stream(windows).map(w -> Arrays.copyOf(w, length)).toArray(int[][]::new);
        try (NDManager scratch = target.getManager().newSubManager(); Scope scope = new Scope()) {
            NDArray states = encoder.encode(scratch, shortened);
            return weighted(states, target, windows[0].length, eos).toFloatArray();
        }
    }

    /** By every position. @return one distance a window */
    public float[] exact(int[][] windows, NDArray target) {
        try (NDManager scratch = target.getManager().newSubManager(); Scope scope = new Scope()) {
            return metric.distance(encoder.encode(scratch, windows), ones(windows[0].length), target).toFloatArray();
        }
    }

    /** Positions looked at. */
    public static int length(int window, int eos) {
        return Math.min(window, eos + 1 + PADDING);
    }

    /**
     * The estimate from shortened states; differentiable.
     *
     * @param states [B, length, D]
     */
    public NDArray weighted(NDArray states, NDArray target, int window, int eos) {
        int length = (int) states.getShape().get(1);
        float[] counts = ones(length);
        if (length > eos + 1) {
            Arrays.fill(counts, eos + 1, length, (float) (window - eos - 1) / (length - eos - 1));
        }
        return metric.distance(states, counts, target);
    }

    private static float[] ones(int length) {
        float[] ones = new float[length];
        Arrays.fill(ones, 1);
        return ones;
    }
}
