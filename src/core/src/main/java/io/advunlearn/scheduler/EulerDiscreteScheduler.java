package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;

/** EulerDiscreteScheduler of diffusers: the Euler steps of algorithm 2 of arXiv 2206.00364, without churn. */
final class EulerDiscreteScheduler extends SigmaScheduler {

    private final boolean endsAtSigmaMin;

    EulerDiscreteScheduler(SchedulerConfig config) {
        super("EulerDiscreteScheduler", config, SchedulerConfig.ZeroSnr.ALMOST, config.karras());
        config.file().accept("interpolation_type", "linear");
        config.file().accept("timestep_type", "discrete");
        config.file().accept("sigma_min");
        config.file().accept("sigma_max");
        endsAtSigmaMin = config.endsAtSigmaMin();
    }

    @Override
    double end() {
        return endsAtSigmaMin ? sigmas().first() : 0;
    }

    @Override
    Run run(SigmaSchedule schedule, NDManager manager) {
        return new ScaledRun(schedule) {

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                Prediction.Factors slope = slope(call);
                double step = sigma(call + 1) - sigma(call);
                return new WeightedSum().plus(1 + step * slope.sample(), latents).plus(step * slope.output(), modelOutput).total();
            }
        };
    }
}
