package io.advunlearn.evaluation;

/** AdamW (Loshchilov and Hutter 2019) with PyTorch's betas and eps, on plain values. Not thread-safe. */
final class AdamW {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final float[] values;
    private final float[] mean;
    private final float[] square;
    private final double rate;
    private final double decay;
    private int steps;

    /** @param values changed in place */
    AdamW(float[] values, double rate, double decay) {
        this.values = values;
        this.rate = rate;
        this.decay = decay;
        mean = new float[values.length];
        square = new float[values.length];
    }

    float[] values() {
        return values;
    }

    /** One update. */
    void step(float[] gradient) {
        steps++;
        double correction1 = 1 - Math.pow(BETA1, steps);
        double correction2 = 1 - Math.pow(BETA2, steps);
        for (int i = 0; i < values.length; i++) {
            mean[i] = (float) (BETA1 * mean[i] + (1 - BETA1) * gradient[i]);
            square[i] = (float) (BETA2 * square[i] + (1 - BETA2) * gradient[i] * gradient[i]);
            double kept = values[i] * (1 - rate * decay);
            values[i] = (float) (kept - rate * (mean[i] / correction1) / (Math.sqrt(square[i] / correction2) + EPSILON));
        }
    }
}
