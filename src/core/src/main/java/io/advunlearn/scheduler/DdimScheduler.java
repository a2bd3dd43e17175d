package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;

/** DDIMScheduler of diffusers, eta 0. Immutable. */
public final class DdimScheduler {

    public static DdimScheduler read(Path schedulerConfigJson) { throw new IllegalStateException("being written"); }

    /** Timesteps of an inference schedule, descending, as diffusers' {@code set_timesteps}. */
    public int[] timesteps(int steps) { throw new IllegalStateException("being written"); }

    /** Cumulative product of alphas at a training timestep. */
    public double alphaBar(int timestep) { throw new IllegalStateException("being written"); }

    public int numTrainTimesteps() { throw new IllegalStateException("being written"); }

    /** One step from {@code timestep} to the next one of the same schedule. */
    public NDArray step(NDArray modelOutput, int timestep, int steps, NDArray sample) { throw new IllegalStateException("being written"); }

    /** sqrt(abar) x0 + sqrt(1 - abar) noise, with one timestep a row. */
    public NDArray addNoise(NDArray x0, NDArray noise, int[] timesteps) { throw new IllegalStateException("being written"); }
}
