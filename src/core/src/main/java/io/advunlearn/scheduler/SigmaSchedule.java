package io.advunlearn.scheduler;

import java.util.Arrays;

/**
 * The timesteps and sigmas of one trajectory, rounded to what diffusers hands on.
 *
 * @param timesteps one a step, what the denoiser is told
 * @param sigmas one a step, and the one after the last
 */
record SigmaSchedule(float[] timesteps, float[] sigmas) {

    /** @param end sigma after the last step */
    static SigmaSchedule of(double[] timesteps, double[] sigmas, double end) {
        float[] all = Arrays.copyOf(floats(sigmas), sigmas.length + 1);
        all[sigmas.length] = (float) end;
        return new SigmaSchedule(floats(timesteps), all);
    }

    static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    static float[] floats(int[] values) {
        return floats(Arrays.stream(values).asDoubleStream().toArray());
    }

    int steps() {
        return timesteps.length;
    }
}
