package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;

/** Distance of many prompts to one target, without the denoiser: an estimate by {@link WindowPrefix}, or by every position. */
public final class PromptDistance {

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
        return distances(windows, WindowPrefix.of(new int[] {eos}, windows[0].length), target);
    }

    /** By every position. @return one distance a window */
    public float[] exact(int[][] windows, NDArray target) {
        return distances(windows, WindowPrefix.whole(windows[0].length), target);
    }

    private float[] distances(int[][] windows, WindowPrefix prefix, NDArray target) {
        try (NDManager scratch = target.getManager().newSubManager(); Scope scope = new Scope()) {
            return Tensors.floats(metric.distance(encoder.encode(scratch, prefix.cut(windows)), prefix, target));
        }
    }
}
