package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * A scheduler of diffusers, by its name and its {@code scheduler_config.json}; see {@link Schedulers}. Immutable: what changes from step to
 * step is in a {@link Run}, made for one trajectory.
 */
public interface Scheduler {

    /** What the model was trained on: the same whichever scheduler draws with it. */
    NoiseSchedule noiseSchedule();

    /**
     * Deterministic steps over whole training timesteps, with the same noise schedule, prediction and spacing. Erasure rolls latents out with
     * it, because the denoiser's losses need latents whose timestep is known and that no fresh noise has moved.
     */
    DdimScheduler ddim();

    /**
     * Another scheduler for the same model, made from this one's configuration: the fields that both know are carried over, as by
     * {@code from_config} of diffusers. What this configuration does not say of clipping is off, since latents have no bounds.
     *
     * @param name see {@link Schedulers#className}
     * @throws IllegalArgumentException naming the file, the field and what is accepted, if that scheduler cannot run this model
     */
    Scheduler as(String name);

    /**
     * How often the denoiser is called in that number of steps.
     *
     * @throws IllegalArgumentException saying which numbers of steps are accepted
     */
    int calls(int steps);

    /**
     * Begins a trajectory.
     *
     * @param steps denoising steps, see {@link #calls}
     * @param manager owns what the run keeps between steps; has the latents' device
     */
    Run start(int steps, NDManager manager);

    /** The state of one trajectory. Steps are made in order, each once. Not thread-safe. */
    interface Run {

        /** What the denoiser is told at each of its calls; PNDM and its like make more calls than steps. */
        float[] timesteps();

        /** What standard normal start noise is multiplied by. */
        default double initNoiseSigma() {
            return 1;
        }

        /**
         * What the denoiser is given.
         *
         * @return the latents themselves, or a new array owned by their manager
         */
        default NDArray scaleModelInput(NDArray latents, int call) {
            return latents;
        }

        /**
         * @param modelOutput [B, C, h, w] what the denoiser said; not kept
         * @param call from 0
         * @param latents [B, C, h, w] what {@link #scaleModelInput} was given; not kept
         * @param noise asked where this step adds noise
         * @return latents after the step, owned by the manager of {@code latents}
         */
        NDArray step(NDArray modelOutput, int call, NDArray latents, StepNoise noise);

        /**
         * The image without noise that the denoiser sees in a call, diffusers' {@code pred_original_sample}. Changes nothing; to be asked before
         * {@link #step}, with the same arguments.
         *
         * @return latents as at the end of the trajectory, owned by the manager of {@code latents}
         */
        NDArray predictedOriginal(NDArray modelOutput, int call, NDArray latents);
    }
}
