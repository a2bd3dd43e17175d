package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** The guided sampling loop, from embeddings and start noise to pixels; shared by serving, erasure's bank and evaluation. */
public final class ImageSampler {

    public ImageSampler(PipelineComponents components, DeviceLane.Priority priority) { throw new IllegalStateException("being written"); }

    /**
     * Start noise: row i from {@code seeds[i]} alone.
     * @return [seeds.length, C, h, w]
     */
    public NDArray startNoise(NDManager manager, long[] seeds) { throw new IllegalStateException("being written"); }

    /**
     * Guided DDIM in one batched UNet call a step.
     * @param positive [B, N, D]
     * @param negative [B, N, D] or [1, N, D]
     * @param start [B, C, h, w]
     * @param observer sees (step index from 0, timestep, latents before the step); may be null
     * @return latents [B, C, h, w], owned by the manager of {@code start}
     */
    public NDArray sample(NDArray positive, NDArray negative, NDArray start, int steps, double guidanceScale,
            Observer observer, StepListener listener, CancellationToken cancellation) { throw new IllegalStateException("being written"); }

    /** Pixels in [-1, 1] (clamped) of latents. */
    public NDArray decode(NDArray latents) { throw new IllegalStateException("being written"); }

    /** 8-bit images of pixels in [-1, 1]. */
    public java.util.List<RgbImage> toImages(NDArray pixels) { throw new IllegalStateException("being written"); }

    @FunctionalInterface
    public interface Observer {
        void before(int index, int timestep, NDArray latents);
    }
}
