package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Noise;

/** Gives noisy latents with the frozen model's predictions: from a bank, or freshly rolled out. */
interface LatentSource {

    /** Indices of {@code count} prompts to work on. */
    int[] pick(int count, Noise noise);

    /**
     * One noisy latent a prompt.
     *
     * @param contexts indices of prompts
     * @param noise decides the start noise and the timestep
     * @param manager owns the result
     */
    Draw draw(int[] contexts, Noise noise, NDManager manager);

    /** Prompts drawn so far, where that decides the next ones; saved in checkpoints. */
    default long position() {
        return 0;
    }

    /** Continues from a checkpoint. */
    default void position(long drawn) {
    }

    /**
     * @param latents [B, C, h, w]
     * @param timesteps [B], fp32
     * @param target [B, C, h, w] what the student should predict
     * @param original [B, C, h, w] what the frozen encoder leads it to, the attack's goal
     */
    record Draw(NDArray latents, NDArray timesteps, NDArray target, NDArray original) {

        /** Rows by index, which may repeat. */
        Draw rows(int[] indices, NDManager manager) {
            return new Draw(TrajectoryBank.rows(latents, indices, manager), TrajectoryBank.rows(timesteps, indices, manager),
                    TrajectoryBank.rows(target, indices, manager), TrajectoryBank.rows(original, indices, manager));
        }
    }
}
