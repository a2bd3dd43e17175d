package io.advunlearn.scheduler;

import java.util.Arrays;

/** Which training timesteps a schedule of fewer steps visits: table 2 of arXiv 2305.08891. Timesteps descend. */
enum TimestepSpacing {

    LEADING, TRAILING, LINSPACE;

    /**
     * One timestep a step; those of {@code LINSPACE} have fractions.
     *
     * @param offset is added in {@code LEADING}
     */
    double[] timesteps(int steps, int train, int offset) {
        return this == TRAILING ? trailing(steps, train, train) : spread(steps, train, train, offset);
    }

    /** As {@link #timesteps}, rounded to even at a half, as numpy does. */
    int[] whole(int steps, int train, int offset) {
        return Arrays.stream(timesteps(steps, train, offset)).mapToInt(t -> (int) Math.rint(t)).toArray();
    }

    /**
     * Whole timesteps of a schedule that has the image itself as one point more, where a step ends but none begins.
     *
     * @param range only the timesteps below are visited; then {@code TRAILING} may have fewer of them than steps
     */
    double[] beforeImage(int steps, int range, int train, int offset) {
        if (this == TRAILING) {
            return trailing(steps, range, train);
        }
        double[] points = spread(steps + 1, range, train, offset);
        return Arrays.stream(points, 0, steps).map(Math::rint).toArray();
    }

    private double[] spread(int points, int range, int train, int offset) {
        double stride = this == LEADING ? range / points : points == 1 ? 0 : (range - 1.0) / (points - 1);
        double[] timesteps = new double[points];
        for (int i = 0; i < points; i++) {
            timesteps[i] = (points - 1 - i) * stride + (this == LEADING ? offset : 0);
        }
        if (this == LINSPACE && points > 1) {
            timesteps[0] = range - 1;
        }
        if (timesteps[0] >= train) {
            throw new IllegalArgumentException("with steps_offset " + offset + " this number of steps leaves the trained range of " + train);
        }
        return timesteps;
    }

    private static double[] trailing(int steps, int range, int train) {
        double ratio = (double) train / steps;
        // numpy's arange takes its stride from the first two values, and a last digit decides halves; its count may be one too high by rounding,
        // and then diffusers ends at timestep -1
        double stride = range - (range - ratio);
        double[] timesteps = new double[Math.min(steps, (int) Math.ceil(range / ratio))];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = Math.rint(range - i * stride) - 1;
        }
        return timesteps;
    }
}
