package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;

/** Frees what a step made, except its result. */
abstract class StepRun implements Scheduler.Run {

    private final float[] timesteps;

    StepRun(float[] timesteps) {
        this.timesteps = timesteps;
    }

    /** As {@link #step}; the result may belong to any manager. @param scope the innermost one */
    abstract NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope);

    /** Factors that give the predicted x0 from what the denoiser was given in a call and what it said. */
    abstract Prediction.Factors original(int call);

    @Override
    public final NDArray predictedOriginal(NDArray modelOutput, int call, NDArray latents) {
        try (Scope scope = new Scope()) {
            NDArray original = WeightedSum.of(original(call), scaleModelInput(latents, call), modelOutput).total();
            original.attach(latents.getManager());
            return scope.keep(original);
        }
    }

    @Override
    public final float[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public final NDArray step(NDArray modelOutput, int call, NDArray latents, StepNoise noise) {
        try (Scope scope = new Scope()) {
            NDArray next = next(modelOutput, call, latents, noise, scope);
            next.attach(latents.getManager());
            return scope.keep(next);
        }
    }
}
