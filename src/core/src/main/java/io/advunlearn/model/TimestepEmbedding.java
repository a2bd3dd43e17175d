package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** Sinusoidal timesteps and the two-layer perceptron behind them: diffusers' {@code Timesteps} and {@code TimestepEmbedding}. */
final class TimestepEmbedding {

    private static final double MAX_PERIOD = 10_000;

    private final NDArray frequencies;
    private final boolean cosineFirst;
    private final Linear linear1;
    private final Linear linear2;

    TimestepEmbedding(Weights weights, NDManager manager, int channels, int embedding, boolean cosineFirst, double freqShift) {
        this.frequencies = frequencies(manager, channels / 2, freqShift);
        this.cosineFirst = cosineFirst;
        this.linear1 = Linear.of(weights.at("linear_1"), channels, embedding);
        this.linear2 = Linear.of(weights.at("linear_2"), embedding, embedding);
    }

    /** In fp32 step by step as diffusers does: at t = 999 a rounding of the frequency moves the angle by 1e-4. */
    private static NDArray frequencies(NDManager manager, int half, double freqShift) {
        try (Scope scope = new Scope()) {
            NDArray exponent = manager.arange(0, half, 1, DataType.FLOAT32).mul(-Math.log(MAX_PERIOD)).div(half - freqShift);
            return scope.keep(exponent.exp().reshape(1, half));
        }
    }

    /** @param timesteps [B] fp32; @return [B, embedding] */
    NDArray forward(NDArray timesteps) {
        NDArray angles = timesteps.reshape(-1, 1).mul(frequencies);
        NDArray sine = angles.sin();
        NDArray cosine = angles.cos();
        NDArray waves = NDArrays.concat(cosineFirst ? new NDList(cosine, sine) : new NDList(sine, cosine), 1);
        return linear2.forward(Aten.silu(linear1.forward(waves)));
    }
}
