package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;

/** Kernels that DJL's NDArray lacks, through one TorchScript module written at start-up. Differentiable; thread-safe. Results attach to the first argument's manager. */
public final class Aten {

    private Aten() { }

    /** q, k, v: [B, heads, N, d]; scale 1/sqrt(d). */
    public static NDArray scaledDotProductAttention(NDArray q, NDArray k, NDArray v, boolean causal) { throw new IllegalStateException("being written"); }

    /** x: [B, C, H, W] (or [B, C, N]). */
    public static NDArray groupNorm(NDArray x, int groups, NDArray weight, NDArray bias, double eps) { throw new IllegalStateException("being written"); }

    public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double eps) { throw new IllegalStateException("being written"); }

    public static NDArray linear(NDArray x, NDArray weight, NDArray biasOrNull) { throw new IllegalStateException("being written"); }

    /** NCHW; same stride and padding in both axes. */
    public static NDArray conv2d(NDArray x, NDArray weight, NDArray biasOrNull, int stride, int padding) { throw new IllegalStateException("being written"); }

    public static NDArray silu(NDArray x) { throw new IllegalStateException("being written"); }

    /** Exact (erf) GELU. */
    public static NDArray gelu(NDArray x) { throw new IllegalStateException("being written"); }

    /** x * sigmoid(1.702 x). */
    public static NDArray quickGelu(NDArray x) { throw new IllegalStateException("being written"); }

    /** Nearest-neighbour up-sampling by 2. */
    public static NDArray upsampleNearest2x(NDArray x) { throw new IllegalStateException("being written"); }
}
