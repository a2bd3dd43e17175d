package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;

/** DDIMScheduler of diffusers, eta 0 (arXiv 2010.02502). Immutable. */
public final class DdimScheduler {

    private enum Prediction { EPSILON, SAMPLE, V_PREDICTION }

    private enum Spacing { LEADING, TRAILING, LINSPACE }

    private final double[] alphaBars;
    private final double finalAlphaBar;
    private final Prediction prediction;
    private final Spacing spacing;
    private final int stepsOffset;
    /** 0 for no clipping. */
    private final double clipRange;

    private DdimScheduler(ConfigFile file) {
        file.accept("_class_name", "DDIMScheduler", "PNDMScheduler");
        file.accept("trained_betas");
        file.accept("thresholding", false);
        file.ignore("dynamic_thresholding_ratio", "sample_max_value", "skip_prk_steps");
        int trainSteps = file.integer("num_train_timesteps", 1000, 2);
        prediction = Prediction.valueOf(file.text("prediction_type", "epsilon", "epsilon", "sample", "v_prediction").toUpperCase());
        spacing = Spacing.valueOf(file.text("timestep_spacing", "leading", "leading", "trailing", "linspace").toUpperCase());
        stepsOffset = file.integer("steps_offset", 0, 0);
        double range = file.number("clip_sample_range", 1);
        clipRange = file.flag("clip_sample", true) ? range : 0;
        boolean zeroSnr = file.flag("rescale_betas_zero_snr", false);
        if (zeroSnr && prediction == Prediction.EPSILON) {
            throw file.refuse("rescale_betas_zero_snr", true, "false with prediction_type epsilon, which says nothing at zero signal");
        }
        float[] betas = BetaSchedule.betas(file.text("beta_schedule", "linear", "linear", "scaled_linear", "squaredcos_cap_v2"),
                file.number("beta_start", 0.0001), file.number("beta_end", 0.02), trainSteps);
        alphaBars = BetaSchedule.alphaBars(zeroSnr ? BetaSchedule.rescaleZeroTerminalSnr(betas) : betas);
        finalAlphaBar = file.flag("set_alpha_to_one", true) ? 1 : alphaBars[0];
        file.refuseUnknown();
    }

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static DdimScheduler read(Path schedulerConfigJson) {
        return new DdimScheduler(ConfigFile.read(schedulerConfigJson));
    }

    /**
     * Timesteps of an inference schedule, descending, as diffusers' {@code set_timesteps}.
     *
     * @param steps 1 to {@link #numTrainTimesteps()}
     */
    public int[] timesteps(int steps) {
        int train = numTrainTimesteps();
        if (steps < 1 || steps > train) {
            throw new IllegalArgumentException("the number of steps is " + steps + "; accepted: 1 to " + train);
        }
        int[] timesteps = new int[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = switch (spacing) {
                case LEADING -> (steps - 1 - i) * (train / steps) + stepsOffset;
                case TRAILING -> (int) Math.rint(train - i * ((double) train / steps)) - 1;
                case LINSPACE -> steps == 1 ? 0 : (int) Math.rint((steps - 1 - i) * ((train - 1.0) / (steps - 1)));
            };
        }
        if (timesteps[0] >= train) {
            throw new IllegalArgumentException("with steps_offset " + stepsOffset + " a schedule of " + steps + " steps leaves the trained range of " + train);
        }
        return timesteps;
    }

    /** Cumulative product of alphas at a training timestep. */
    public double alphaBar(int timestep) {
        return alphaBars[timestep];
    }

    public int numTrainTimesteps() {
        return alphaBars.length;
    }

    /** One step from {@code timestep} to the next one of the same schedule. The result belongs to the sample's manager. */
    public NDArray step(NDArray modelOutput, int timestep, int steps, NDArray sample) {
        int previous = timestep - numTrainTimesteps() / steps;
        double alphaBar = alphaBars[timestep];
        double previousAlphaBar = previous >= 0 ? alphaBars[previous] : finalAlphaBar;
        double signal = Math.sqrt(previousAlphaBar);
        double noise = Math.sqrt(1 - previousAlphaBar);
        double[] x0 = originalSample(alphaBar);
        double[] epsilon = epsilon(alphaBar);
        try (Scope scope = new Scope()) {
            if (clipRange == 0) {
                // both predictions are linear in sample and output, so one combination of the two does
                return scope.keep(combine(sample, signal * x0[0] + noise * epsilon[0], modelOutput, signal * x0[1] + noise * epsilon[1]));
            }
            NDArray clipped = combine(sample, x0[0], modelOutput, x0[1]).clip(-clipRange, clipRange);
            return scope.keep(combine(clipped, signal, combine(sample, epsilon[0], modelOutput, epsilon[1]), noise));
        }
    }

    /** sqrt(abar) x0 + sqrt(1 - abar) noise, with one timestep a row. The result belongs to x0's manager. */
    public NDArray addNoise(NDArray x0, NDArray noise, int[] timesteps) {
        float[] signal = new float[timesteps.length];
        float[] rest = new float[timesteps.length];
        for (int i = 0; i < timesteps.length; i++) {
            signal[i] = (float) Math.sqrt(alphaBars[timesteps[i]]);
            rest[i] = (float) Math.sqrt(1 - alphaBars[timesteps[i]]);
        }
        long[] column = new long[x0.getShape().dimension()];
        Arrays.fill(column, 1);
        column[0] = timesteps.length;
        try (Scope scope = new Scope()) {
            NDArray a = Tensors.of(x0.getManager(), signal, new Shape(column)).toDevice(x0.getDevice(), false);
            NDArray b = Tensors.of(x0.getManager(), rest, new Shape(column)).toDevice(x0.getDevice(), false);
            return scope.keep(x0.mul(a).add(noise.mul(b)));
        }
    }

    /** Factors of (sample, output) that give the predicted x0: formula 12 of the paper. */
    private double[] originalSample(double alphaBar) {
        double signal = Math.sqrt(alphaBar);
        double noise = Math.sqrt(1 - alphaBar);
        return switch (prediction) {
            case EPSILON -> new double[] {1 / signal, -noise / signal};
            case SAMPLE -> new double[] {0, 1};
            case V_PREDICTION -> new double[] {signal, -noise};
        };
    }

    /** Factors of (sample, output) that give the predicted noise. */
    private double[] epsilon(double alphaBar) {
        double signal = Math.sqrt(alphaBar);
        double noise = Math.sqrt(1 - alphaBar);
        return switch (prediction) {
            case EPSILON -> new double[] {0, 1};
            case SAMPLE -> new double[] {1 / noise, -signal / noise};
            case V_PREDICTION -> new double[] {noise, signal};
        };
    }

    private static NDArray combine(NDArray sample, double a, NDArray output, double b) {
        return Aten.scale(sample, a).add(Aten.scale(output, b));
    }
}
