package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;

/**
 * LCMScheduler of diffusers: multistep sampling of latent consistency models (arXiv 2310.04378). Every step goes to x0 and back up to the
 * next timestep with fresh noise.
 */
final class LcmScheduler extends AbstractScheduler {

    /** Of the boundary condition; the paper's sigma_data. */
    private static final double SIGMA_DATA = 0.5;

    private final int originalSteps;
    private final double timestepScaling;
    /** 0 for no clipping. */
    private final double clipRange;

    LcmScheduler(SchedulerConfig config) {
        super("LCMScheduler", config, config.noise(SchedulerConfig.ZeroSnr.EXACT, "scaled_linear", 0.00085, 0.012, "epsilon", "sample", "v_prediction"),
                TimestepSpacing.LEADING);
        config.refuseThresholding();
        originalSteps = config.file().integer("original_inference_steps", 50, 1);
        if (originalSteps > train()) {
            throw config.file().refuse("original_inference_steps", originalSteps, "1 to num_train_timesteps, " + train());
        }
        timestepScaling = config.file().number("timestep_scaling", 10);
        clipRange = config.clipRange(false);
    }

    @Override
    int most() {
        return originalSteps;
    }

    /** Evenly from the steps that the model was distilled with, the last one first. */
    @Override
    double[] points(int steps) {
        int stride = train() / originalSteps;
        double each = (double) originalSteps / steps;
        double[] points = new double[steps];
        for (int i = 0; i < steps; i++) {
            points[i] = (originalSteps - (int) Math.floor(i * each)) * stride - 1;
        }
        return points;
    }

    @Override
    Run run(int steps, NDManager manager) {
        double[] timesteps = points(steps);
        return new StepRun(SigmaSchedule.floats(timesteps)) {

            @Override
            Prediction.Factors original(int call) {
                return prediction().original(noiseSchedule().level((int) timesteps[call]));
            }

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                NDArray denoised = denoised(modelOutput, (int) timesteps[call], latents);
                if (call == steps - 1) {
                    return denoised;
                }
                NoiseLevel to = noiseSchedule().level((int) timesteps[call + 1]);
                NDArray fresh = noise.next(latents.getManager(), latents.getShape());
                return new WeightedSum().plus(to.signal(), denoised).plus(to.noise(), fresh).total();
            }
        };
    }

    /** The paper's boundary condition: between sample and predicted x0, so that timestep 0 changes nothing. */
    private NDArray denoised(NDArray modelOutput, int timestep, NDArray latents) {
        double scaled = timestep * timestepScaling;
        double square = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
        NDArray x0 = WeightedSum.of(prediction().original(noiseSchedule().level(timestep)), latents, modelOutput).total();
        NDArray bounded = clipRange == 0 ? x0 : x0.clip(-clipRange, clipRange);
        return new WeightedSum().plus(scaled / Math.sqrt(square), bounded).plus(SIGMA_DATA * SIGMA_DATA / square, latents).total();
    }
}
