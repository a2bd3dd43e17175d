package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/** What a model was trained on, whichever scheduler draws with it: how noisy each training timestep is, and what the denoiser predicts. Immutable. */
public final class NoiseSchedule {

    private final double[] alphaBars;
    private final Prediction prediction;

    /** @param alphaBars cumulative products of alphas, each an fp32 value */
    NoiseSchedule(double[] alphaBars, Prediction prediction) {
        this.alphaBars = alphaBars;
        this.prediction = prediction;
    }

    /** Cumulative product of alphas at a training timestep. */
    public double alphaBar(int timestep) {
        return alphaBars[timestep];
    }

    public int numTrainTimesteps() {
        return alphaBars.length;
    }

    NoiseLevel level(int timestep) {
        return NoiseLevel.ofAlphaBar(alphaBars[timestep]);
    }

    Prediction prediction() {
        return prediction;
    }

    /** sqrt(abar) x0 + sqrt(1 - abar) noise, with one timestep a row. The result belongs to x0's manager. */
    public NDArray addNoise(NDArray x0, NDArray noise, int[] timesteps) {
        try (Scope scope = new Scope()) {
            return scope.keep(rows(x0, timesteps, NoiseLevel::signal).add(rows(noise, timesteps, NoiseLevel::noise)));
        }
    }

    /**
     * What a perfect denoiser answers to what {@link #addNoise} makes: the noise, x0, or the velocity.
     *
     * @return [B, C, h, w], one of the arguments or a new array of x0's manager
     */
    public NDArray answer(NDArray x0, NDArray noise, int[] timesteps) {
        return switch (prediction) {
            case EPSILON -> noise;
            case SAMPLE -> x0;
            case V_PREDICTION -> {
                try (Scope scope = new Scope()) {
                    yield scope.keep(rows(x0, timesteps, level -> -level.noise()).add(rows(noise, timesteps, NoiseLevel::signal)));
                }
            }
        };
    }

    /**
     * What a denoiser's output says the noise is; differentiable.
     *
     * @param noisy [B, C, h, w] what the denoiser was given
     * @param output [B, C, h, w]
     * @return [B, C, h, w], the output itself or a new array of the noisy one's manager
     */
    public NDArray noise(NDArray noisy, NDArray output, int timestep) {
        if (prediction == Prediction.EPSILON) {
            return output;
        }
        try (Scope scope = new Scope()) {
            return scope.keep(WeightedSum.of(prediction.epsilon(level(timestep)), noisy, output).total());
        }
    }

    /** Every row times a factor of its own timestep. */
    private NDArray rows(NDArray array, int[] timesteps, ToDoubleFunction<NoiseLevel> factor) {
        float[] factors = new float[timesteps.length];
        for (int i = 0; i < timesteps.length; i++) {
            factors[i] = (float) factor.applyAsDouble(level(timesteps[i]));
        }
        long[] column = new long[array.getShape().dimension()];
        Arrays.fill(column, 1);
        column[0] = timesteps.length;
        return array.mul(Tensors.of(array.getManager(), factors, new Shape(column)).toDevice(array.getDevice(), false));
    }
}
