package io.advunlearn.pipeline;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * How the requests of one pipeline share its device, with each other and with background work.
 *
 * @param batchImages the most images in one call of the UNet, over all requests that are being drawn. With 1 every request is drawn by itself, and
 *     a seed gives the same image bit for bit; beyond it, kernels may round differently by what else is in the call
 * @param batchWait how long a step that has the device may wait for the other requests that are being drawn
 * @param embeddingCacheBytes bytes of device memory for what the text encoders said of earlier prompts; 0 keeps nothing
 * @param backgroundShare the least share of the device's time that erasures and evaluations get while requests wait, between 0 and 1; empty for one piece
 *     of work after at most 250 ms, see {@link DeviceLane#share}
 */
public record PipelineTuning(int batchImages, Duration batchWait, long embeddingCacheBytes, OptionalDouble backgroundShare) {

    /** Every request by itself, every prompt encoded anew. */
    public static final PipelineTuning OFF = new PipelineTuning(1, Duration.ZERO, 0);

    /** For serving. */
    public static final PipelineTuning SERVING = new PipelineTuning(4, Duration.ofMillis(2), 32L << 20, OptionalDouble.of(0.1));

    /** With the usual bound for background work. */
    public PipelineTuning(int batchImages, Duration batchWait, long embeddingCacheBytes) {
        this(batchImages, batchWait, embeddingCacheBytes, OptionalDouble.empty());
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public PipelineTuning {
        if (batchImages < 1) {
            throw new IllegalArgumentException("batchImages must be at least 1, not " + batchImages);
        }
        if (batchWait.isNegative()) {
            throw new IllegalArgumentException("batchWait must not be negative, but is " + batchWait);
        }
        if (embeddingCacheBytes < 0) {
            throw new IllegalArgumentException("embeddingCacheBytes must be at least 0, not " + embeddingCacheBytes);
        }
        backgroundShare.ifPresent(share -> BackgroundShare.of(share, 0));
    }
}
