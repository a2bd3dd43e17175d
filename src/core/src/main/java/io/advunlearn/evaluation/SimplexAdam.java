package io.advunlearn.evaluation;

import io.advunlearn.tensor.Noise;
import java.util.Arrays;

/**
 * A relaxed token sequence: one probability distribution over the vocabulary for each token, moved by Adam with L2 weight decay and put
 * back on the simplex after every step, as UnlearnDiffAtk does (Zhang et al. 2024). Not thread-safe.
 */
final class SimplexAdam {

    private static final double LEARNING_RATE = 0.01;
    private static final double WEIGHT_DECAY = 0.1;
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final int tokens;
    private final int vocabulary;
    private final float[] probabilities;
    private final float[] mean;
    private final float[] square;
    private int steps;

    /** Starts at the uniform distribution. */
    SimplexAdam(int tokens, int vocabulary) {
        this(tokens, vocabulary, new float[tokens * vocabulary], new float[tokens * vocabulary], new float[tokens * vocabulary], 0);
        Arrays.fill(probabilities, 1f / vocabulary);
    }

    /** Goes on from a saved state; the arrays are used as they are. */
    SimplexAdam(int tokens, int vocabulary, float[] probabilities, float[] mean, float[] square, int steps) {
        this.tokens = tokens;
        this.vocabulary = vocabulary;
        this.probabilities = probabilities;
        this.mean = mean;
        this.square = square;
        this.steps = steps;
    }

    /** [tokens, vocabulary], rows on the simplex. */
    float[] probabilities() {
        return probabilities;
    }

    float[] mean() {
        return mean;
    }

    float[] square() {
        return square;
    }

    int steps() {
        return steps;
    }

    /** One token id a row, drawn from its distribution. */
    int[] sample(Noise noise) {
        int[] ids = new int[tokens];
        for (int row = 0; row < tokens; row++) {
            double left = noise.nextDouble();
            int id = 0;
            while (id < vocabulary - 1 && (left -= probabilities[row * vocabulary + id]) >= 0) {
                id++;
            }
            ids[row] = id;
        }
        return ids;
    }

    /** The most likely token id of each row. */
    int[] best() {
        int[] ids = new int[tokens];
        for (int row = 0; row < tokens; row++) {
            for (int id = 1; id < vocabulary; id++) {
                if (probabilities[row * vocabulary + id] > probabilities[row * vocabulary + ids[row]]) {
                    ids[row] = id;
                }
            }
        }
        return ids;
    }

    /**
     * @param gradient with respect to the one-hot rows, [tokens, vocabulary] starting at {@code offset}; each value is clipped to
     *     [-1, 1], the straight-through estimator's hardtanh
     */
    void step(float[] gradient, int offset) {
        steps++;
        double correction1 = 1 - Math.pow(BETA1, steps);
        double correction2 = 1 - Math.pow(BETA2, steps);
        for (int i = 0; i < probabilities.length; i++) {
            double g = Math.max(-1, Math.min(1, gradient[offset + i])) + WEIGHT_DECAY * probabilities[i];
            mean[i] = (float) (BETA1 * mean[i] + (1 - BETA1) * g);
            square[i] = (float) (BETA2 * square[i] + (1 - BETA2) * g * g);
            probabilities[i] -= (float) (LEARNING_RATE * (mean[i] / correction1) / (Math.sqrt(square[i] / correction2) + EPSILON));
        }
        for (int row = 0; row < tokens; row++) {
            project(probabilities, row * vocabulary, vocabulary);
        }
    }

    /** The nearest point of the probability simplex, in place (Michelot 1986). */
    static void project(float[] values, int offset, int length) {
        double threshold = Double.NEGATIVE_INFINITY;
        int active = -1;
        while (true) {
            double sum = 0;
            int count = 0;
            for (int i = offset; i < offset + length; i++) {
                if (values[i] > threshold) {
                    sum += values[i];
                    count++;
                }
            }
            if (count == active) {
                break;
            }
            active = count;
            threshold = (sum - 1) / count;
        }
        for (int i = offset; i < offset + length; i++) {
            values[i] = (float) Math.max(0, values[i] - threshold);
        }
    }
}
