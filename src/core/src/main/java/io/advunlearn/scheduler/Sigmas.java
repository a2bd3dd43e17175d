package io.advunlearn.scheduler;

import java.util.Arrays;

/** Noise levels of the training timesteps as sigmas, ascending, in diffusers' precision: fp32 table, fp64 between its entries. Immutable. */
final class Sigmas {

    /** Of formula 5 of arXiv 2206.00364. */
    private static final double RHO = 7;

    private final float[] trained;
    private final float[] logs;

    Sigmas(NoiseSchedule schedule) {
        trained = new float[schedule.numTrainTimesteps()];
        logs = new float[trained.length];
        for (int t = 0; t < trained.length; t++) {
            float alphaBar = (float) schedule.alphaBar(t);
            trained[t] = (float) Math.sqrt((1 - alphaBar) / alphaBar);
            logs[t] = (float) Math.log(trained[t]);
        }
    }

    double first() {
        return trained[0];
    }

    double last() {
        return trained[trained.length - 1];
    }

    /** At a timestep with a fraction. */
    double at(double timestep) {
        int below = (int) Math.floor(timestep);
        if (below >= trained.length - 1) {
            return last();
        }
        double slope = (double) trained[below + 1] - trained[below];
        return slope * (timestep - below) + trained[below];
    }

    double[] at(double[] timesteps) {
        return Arrays.stream(timesteps).map(this::at).toArray();
    }

    /** The timestep of a sigma, with a fraction, between the logarithms of its neighbours. */
    double timestep(double sigma) {
        double log = Math.log(Math.max(sigma, 1e-10));
        int low = 0;
        while (low < logs.length - 2 && log >= logs[low + 1]) {
            low++;
        }
        double share = Math.min(1, Math.max(0, (logs[low] - log) / ((double) logs[low] - logs[low + 1])));
        return (1 - share) * low + share * (low + 1);
    }

    double[] timesteps(double[] sigmas) {
        return Arrays.stream(sigmas).map(this::timestep).toArray();
    }

    /** Sigmas from most to least noise that lie denser where there is little: formula 5 of arXiv 2206.00364. */
    static double[] karras(double most, double least, int steps) {
        double from = Math.pow(most, 1 / RHO);
        double to = Math.pow(least, 1 / RHO);
        double[] sigmas = new double[steps];
        for (int i = 0; i < steps; i++) {
            double ramp = steps == 1 ? 0 : i == steps - 1 ? 1 : i * (1.0 / (steps - 1));
            sigmas[i] = Math.pow(from + ramp * (to - from), RHO);
        }
        return sigmas;
    }
}
