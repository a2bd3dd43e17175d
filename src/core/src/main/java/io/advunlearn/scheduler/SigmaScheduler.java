package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/**
 * The schedulers that follow the ordinary differential equation of arXiv 2206.00364, {@code dz / dsigma = epsilon}, for latents
 * {@code z = x0 + sigma epsilon}. The denoiser was trained on {@code signal z}, so that is what it is given.
 */
abstract class SigmaScheduler extends AbstractScheduler {

    private final Sigmas sigmas;
    private final boolean karras;

    SigmaScheduler(String className, SchedulerConfig config, SchedulerConfig.ZeroSnr zeroSnr, boolean karras) {
        super(className, config, config.noise(zeroSnr, "epsilon", "sample", "v_prediction"), TimestepSpacing.LINSPACE);
        sigmas = new Sigmas(noiseSchedule());
        this.karras = karras;
    }

    /** Sigma after the last step. */
    double end() {
        return 0;
    }

    abstract Run run(SigmaSchedule schedule, NDManager manager);

    final Sigmas sigmas() {
        return sigmas;
    }

    @Override
    final double[] points(int steps) {
        // diffusers has these timesteps in fp32 before it looks their sigmas up
        return Arrays.stream(spacing().timesteps(steps, train(), stepsOffset())).map(t -> (float) t).toArray();
    }

    @Override
    final Run run(int steps, NDManager manager) {
        double[] timesteps = points(steps);
        double[] along = sigmas.at(timesteps);
        if (karras) {
            along = Sigmas.karras(along[0], along[steps - 1], steps);
            timesteps = sigmas.timesteps(along);
        }
        return run(SigmaSchedule.of(timesteps, along, end()), manager);
    }

    abstract class ScaledRun extends SigmaRun {

        ScaledRun(SigmaSchedule schedule) {
            super(prediction(), schedule);
        }

        /** Start noise is the noise of the first sigma; where timesteps stop short of the last trained one, the image's own variance is added. */
        @Override
        public double initNoiseSigma() {
            double most = sigma(0);
            return spacing() == TimestepSpacing.LEADING ? Math.sqrt(most * most + 1) : most;
        }

        @Override
        public NDArray scaleModelInput(NDArray latents, int call) {
            try (NDArray signal = latents.getManager().full(new Shape(), (float) level(call).signal(), DataType.FLOAT32)) {
                return latents.mul(signal);
            }
        }

        /** Factors of latents and output that give dz / dsigma, the predicted noise. */
        final Prediction.Factors slope(int call) {
            NoiseLevel level = level(call);
            Prediction.Factors epsilon = prediction().epsilon(level);
            return new Prediction.Factors(level.signal() * epsilon.sample(), epsilon.output());
        }
    }
}
