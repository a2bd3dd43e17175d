package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;

/** Predicts the noise in a latent for a text: the UNet as far as an erasure needs it. Differentiable in the context. */
@FunctionalInterface
interface Denoiser {

    /**
     * @param latents [B, C, h, w]
     * @param timesteps [B], fp32
     * @param context [B, N, D] what the text encoder says
     * @return [B, C, h, w]
     */
    NDArray forward(NDArray latents, NDArray timesteps, NDArray context);
}
