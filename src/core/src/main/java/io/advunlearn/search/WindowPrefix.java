package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;

/**
 * The first positions of a batch of windows, standing for all. The encoder is causal, so these positions do not depend on the rest, and
 * the padding after EOS changes slowly: a few padding positions stand for all of it, which makes text work several times cheaper.
 *
 * @param length positions looked at, n
 * @param counts [B][n] or [1][n]: how many positions of the full window each stands for; every row sums to the window's length
 */
public record WindowPrefix(int length, float[][] counts) {

    private static final int PADDING = 6;

    /** @param eos position of the end token, one a row or one for all @param window positions of a full window */
    public static WindowPrefix of(int[] eos, int window) {
        int length = Math.min(window, Arrays.stream(eos).max().orElseThrow() + 1 + PADDING);
        float[][] counts = new float[eos.length][length];
        for (int row = 0; row < eos.length; row++) {
            int padding = eos[row] + 1;
            Arrays.fill(counts[row], 1);
            if (padding < length) {
                Arrays.fill(counts[row], padding, length, (float) (window - padding) / (length - padding));
            }
        }
        return new WindowPrefix(length, counts);
    }

    /** Every position, each for itself. */
    public static WindowPrefix whole(int window) {
        float[] ones = new float[window];
        Arrays.fill(ones, 1);
        return new WindowPrefix(window, new float[][] {ones});
    }

    /** The same of some rows. @param rows by index */
    public WindowPrefix rows(int[] rows) {
        boolean oneForAll = counts.length == 1;
        return oneForAll ? this : new WindowPrefix(length, Arrays.stream(rows).mapToObj(row -> counts[row]).toArray(float[][]::new));
    }

    /** The prefixes of token ids [B][N]. */
    public int[][] cut(int[][] ids) {
        return Arrays.stream(ids).map(row -> Arrays.copyOf(row, length)).toArray(int[][]::new);
    }

    /** The prefixes of states [B, N, D]: [B, n, D]. */
    public NDArray cut(NDArray states) {
        return states.getShape().get(1) == length ? states : states.get(":, :" + length);
    }

    /** [B, n], rows that sum to 1: weights of a mean over positions. */
    public NDArray weights(NDManager manager) {
        return array(manager, new Shape(counts.length, length), count -> count / window());
    }

    /** [B, 1, 1, n]: to be added to attention scores, so that a position counts as often as it stands for others. */
    public NDArray logCounts(NDManager manager) {
        return array(manager, new Shape(counts.length, 1, 1, length), count -> (float) Math.log(count));
    }

    private float window() {
        float sum = 0;
        for (float count : counts[0]) {
            sum += count;
        }
        return sum;
    }

    private NDArray array(NDManager manager, Shape shape, Mapping mapping) {
        float[] flat = new float[counts.length * length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = mapping.of(counts[i / length][i % length]);
        }
        return Tensors.of(manager, flat, shape);
    }

    @FunctionalInterface
    private interface Mapping {

        float of(float count);
    }
}
