package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.tensor.Scope;

/** diffusers' {@code Timesteps}: numbers as sines and cosines of falling frequencies. */
final class Timesteps {

    private static final double MAX_PERIOD = 10_000;

    private final NDArray frequencies;
    private final boolean cosineFirst;

    /** @param manager owns the frequencies */
    Timesteps(NDManager manager, int channels, boolean cosineFirst, double freqShift) {
        this.frequencies = frequencies(manager, channels / 2, freqShift);
        this.cosineFirst = cosineFirst;
    }

    /** In fp32 step by step as diffusers does: at t = 999 a rounding of the frequency moves the angle by 1e-4. */
    private static NDArray frequencies(NDManager manager, int half, double freqShift) {
        try (Scope scope = new Scope()) {
            NDArray exponent = manager.arange(0, half, 1, DataType.FLOAT32).mul(-Math.log(MAX_PERIOD)).div(half - freqShift);
            return scope.keep(exponent.exp().reshape(1, half));
        }
    }

    /** @param numbers [B] fp32; @return [B, channels] */
    NDArray forward(NDArray numbers) {
        NDArray angles = numbers.reshape(-1, 1).mul(frequencies);
        NDArray sine = angles.sin();
        NDArray cosine = angles.cos();
        return NDArrays.concat(cosineFirst ? new NDList(cosine, sine) : new NDList(sine, cosine), 1);
    }
}
