package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;

/** DDIMScheduler of diffusers, eta 0 (arXiv 2010.02502). */
public final class DdimScheduler extends AbstractScheduler {

    private final double finalAlphaBar;
    /** 0 for no clipping. */
    private final double clipRange;

    DdimScheduler(SchedulerConfig config) {
        super("DDIMScheduler", config, config.noise(SchedulerConfig.ZeroSnr.EXACT, "epsilon", "sample", "v_prediction"), TimestepSpacing.LEADING);
        config.refuseThresholding();
        finalAlphaBar = config.finalAlphaBar(noiseSchedule(), true);
        clipRange = config.clipRange(true);
    }

    /** For another scheduler's model: see {@link Scheduler#ddim}. */
    DdimScheduler(SchedulerConfig config, AbstractScheduler other) {
        super("DDIMScheduler", config, other.noiseSchedule(), other.spacing());
        finalAlphaBar = config.finalAlphaBar(noiseSchedule(), true);
        clipRange = 0;
    }

    @Override
    public DdimScheduler ddim() {
        return this;
    }

    @Override
    double[] points(int steps) {
        return spacing().timesteps(steps, train(), stepsOffset());
    }

    /** Training timesteps of an inference schedule, descending. */
    public int[] timesteps(int steps) {
        calls(steps);
        return spacing().whole(steps, train(), stepsOffset());
    }

    @Override
    Run run(int steps, NDManager manager) {
        int[] timesteps = timesteps(steps);
        return new StepRun(SigmaSchedule.floats(timesteps)) {

            @Override
            Prediction.Factors original(int call) {
                return prediction().original(noiseSchedule().level(timesteps[call]));
            }

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                int previous = timesteps[call] - train() / steps;
                NoiseLevel to = NoiseLevel.ofAlphaBar(previous >= 0 ? noiseSchedule().alphaBar(previous) : finalAlphaBar);
                return transfer(modelOutput, noiseSchedule().level(timesteps[call]), to, latents);
            }
        };
    }

    /** Formula 12 of the paper. */
    private NDArray transfer(NDArray modelOutput, NoiseLevel from, NoiseLevel to, NDArray latents) {
        Prediction.Factors x0 = prediction().original(from);
        Prediction.Factors epsilon = prediction().epsilon(from);
        if (clipRange == 0) {
            // both predictions are linear in sample and output, so one combination of the two does
            return new WeightedSum().plus(to.signal() * x0.sample() + to.noise() * epsilon.sample(), latents)
                    .plus(to.signal() * x0.output() + to.noise() * epsilon.output(), modelOutput).total();
        }
        NDArray clipped = WeightedSum.of(x0, latents, modelOutput).total().clip(-clipRange, clipRange);
        return new WeightedSum().plus(to.signal(), clipped).plus(to.noise(), WeightedSum.of(epsilon, latents, modelOutput).total()).total();
    }
}
