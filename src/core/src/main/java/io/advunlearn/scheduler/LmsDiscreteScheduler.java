package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;

/** LMSDiscreteScheduler of diffusers: linear multistep along the sigmas of arXiv 2206.00364, over the last four slopes. */
final class LmsDiscreteScheduler extends SigmaScheduler {

    private static final int ORDER = 4;

    LmsDiscreteScheduler(SchedulerConfig config) {
        super("LMSDiscreteScheduler", config, SchedulerConfig.ZeroSnr.UNKNOWN, config.karras());
    }

    @Override
    Run run(SigmaSchedule schedule, NDManager manager) {
        History slopes = new History(manager, ORDER);
        return new ScaledRun(schedule) {

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                slopes.add(WeightedSum.of(slope(call), latents, modelOutput).total(), scope);
                return slopes.addTo(new WeightedSum().plus(1, latents), weights(schedule.sigmas(), call, slopes.size())).total();
            }
        };
    }

    /** Integrals from a step's sigma to the next of the polynomials through the last slopes, newest first. */
    private static double[] weights(float[] sigmas, int step, int order) {
        double middle = (sigmas[step] + (double) sigmas[step + 1]) / 2;
        double half = (sigmas[step + 1] - (double) sigmas[step]) / 2;
        // two points of Gauss and Legendre are exact up to the third degree, which is the polynomials'
        double node = half / Math.sqrt(3);
        double[] weights = new double[order];
        for (int i = 0; i < order; i++) {
            weights[i] = half * (lagrange(sigmas, step, order, i, middle - node) + lagrange(sigmas, step, order, i, middle + node));
        }
        return weights;
    }

    /** The polynomial that is 1 at one of the last sigmas and 0 at the others. */
    private static double lagrange(float[] sigmas, int step, int order, int age, double sigma) {
        double product = 1;
        for (int other = 0; other < order; other++) {
            if (other != age) {
                product *= (sigma - sigmas[step - other]) / ((double) sigmas[step - age] - sigmas[step - other]);
            }
        }
        return product;
    }
}
