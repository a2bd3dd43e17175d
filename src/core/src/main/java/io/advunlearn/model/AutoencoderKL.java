package io.advunlearn.model;

import ai.djl.ndarray.NDArray;

/** AutoencoderKL of diffusers. Immutable. */
public final class AutoencoderKL {

    public static AutoencoderKL load(java.nio.file.Path directory, ai.djl.ndarray.NDManager manager, ai.djl.Device device) { throw new IllegalStateException("being written"); }

    public double scalingFactor() { throw new IllegalStateException("being written"); }

    public int latentChannels() { throw new IllegalStateException("being written"); }

    /** Pixels per latent cell (8 for Stable Diffusion). */
    public int downscale() { throw new IllegalStateException("being written"); }

    /** @param latents [B, C, h, w], already divided by the scaling factor; @return [B, 3, H, W], about [-1, 1] */
    public NDArray decode(NDArray latents) { throw new IllegalStateException("being written"); }

    /** @param images [B, 3, H, W] in [-1, 1]; @return posterior mean [B, C, h, w], not scaled */
    public NDArray encodeMean(NDArray images) { throw new IllegalStateException("being written"); }

    /** Mean and log-variance [B, 2C, h, w]. */
    public NDArray encodeMoments(NDArray images) { throw new IllegalStateException("being written"); }
}
