package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;

/**
 * EulerAncestralDiscreteScheduler of diffusers: every step goes below the next sigma and comes back up to it with fresh noise, so that the
 * variance is that of ancestral sampling (arXiv 2006.11239) along the sigmas of arXiv 2206.00364.
 */
final class EulerAncestralDiscreteScheduler extends SigmaScheduler {

    EulerAncestralDiscreteScheduler(SchedulerConfig config) {
        super("EulerAncestralDiscreteScheduler", config, SchedulerConfig.ZeroSnr.ALMOST, false);
    }

    @Override
    Run run(SigmaSchedule schedule, NDManager manager) {
        return new ScaledRun(schedule) {

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                double from = sigma(call);
                double to = sigma(call + 1);
                double up = Math.sqrt(to * to * (from * from - to * to) / (from * from));
                double step = Math.sqrt(to * to - up * up) - from;
                Prediction.Factors slope = slope(call);
                WeightedSum sum = new WeightedSum().plus(1 + step * slope.sample(), latents).plus(step * slope.output(), modelOutput);
                return up == 0 ? sum.total() : sum.plus(up, noise.next(latents.getManager(), latents.getShape())).total();
            }
        };
    }
}
