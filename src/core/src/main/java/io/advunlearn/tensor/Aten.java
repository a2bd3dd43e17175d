package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Kernels that DJL's NDArray lacks: some by its engine's own bridge, the rest through one TorchScript module written at start-up.
 * Differentiable; thread-safe. Results attach to the first argument's manager.
 */
public final class Aten {

    private static final int NEAREST = 0;
    private static final Shape UNDILATED = new Shape(1, 1);
    /** Elements; measured on AVX2 with one and two threads. */
    private static final long LARGE_WEIGHT = 8 << 20;
    /** Multiply-adds. */
    private static final long LONG_PRODUCT = 32 << 20;
    private static final long FEW_PRODUCT_POSITIONS = 128;

    private Aten() { }

    /** q, k, v: [B, heads, N, d]; scale 1/sqrt(d). */
    public static NDArray scaledDotProductAttention(NDArray q, NDArray k, NDArray v, boolean causal) {
        return AtenModule.call(causal ? "causal_attention" : "attention", q, k, v);
    }

    /**
     * Attention of packed heads, without a Java round trip for every reshape.
     *
     * @param q [B, N, heads * d]
     * @param k [B, M, heads * d]
     * @param v [B, M, heads * d]
     * @return [B, N, heads * d]
     */
    public static NDArray multiHeadAttention(NDArray q, NDArray k, NDArray v, int heads, boolean causal) {
        return AtenModule.call(causal ? "causal_multi_head_attention" : "multi_head_attention", q, k, v, ScriptModule.constant(heads));
    }

    /** x: [B, C, H, W] (or [B, C, N]). */
    public static NDArray groupNorm(NDArray x, int groups, NDArray weight, NDArray bias, double eps) {
        return AtenModule.call("group_norm", x, ScriptModule.constant(groups), weight, bias, ScriptModule.constant(eps));
    }

    /** silu(groupNorm(x)), the pair every residual block uses. */
    public static NDArray groupNormSilu(NDArray x, int groups, NDArray weight, NDArray bias, double eps) {
        return AtenModule.call("group_norm_silu", x, ScriptModule.constant(groups), weight, bias, ScriptModule.constant(eps));
    }

    /** Over the last axis. */
    public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double eps) {
        return JniUtils.layerNorm(pt(x), weight.getShape(), pt(weight), pt(bias), eps);
    }

    /** x W^T + b. @param weight [out, in] */
    public static NDArray linear(NDArray x, NDArray weight, NDArray biasOrNull) {
        if (isLongProduct(x, weight) && !Autograd.isRecording() && OneDnnLinear.canRead(weight)) {
            return OneDnnLinear.linear(x, weight, biasOrNull);
        }
        return JniUtils.linear(pt(x), pt(weight), pt(biasOrNull));
    }

    /** Whether it takes so long on a CPU that the way to the better kernel is nothing beside it. */
    static boolean isLongProduct(NDArray x, NDArray weight) {
        return x.size() * weight.getShape().get(0) >= LONG_PRODUCT;
    }

    /**
     * NCHW; same stride and padding in both axes. On a GPU in full fp32 by a deterministic algorithm, so that a seed gives the same image as on
     * a CPU, every time; PyTorch's own default is TF32 there, which is for whoever sets the system property {@code advunlearn.allow-tf32}.
     * The way back follows PyTorch's defaults.
     */
    public static NDArray conv2d(NDArray x, NDArray weight, NDArray biasOrNull, int stride, int padding) {
        if (!weight.getDevice().isGpu()) {
            // a CPU has neither choice to make, and the engine's own bridge is the shorter way
            if (biasOrNull != null && isMostlyReordering(x, weight, stride)) {
                return AtenModule.call("conv2d_product", x, weight, biasOrNull, ScriptModule.constant(stride), ScriptModule.constant(padding));
            }
            return JniUtils.convolution(pt(x), pt(weight), pt(biasOrNull), new Shape(stride, stride), new Shape(padding, padding), UNDILATED, 1);
        }
        NDArray s = ScriptModule.constant(stride);
        NDArray p = ScriptModule.constant(padding);
        return biasOrNull == null ? AtenModule.call("conv2d", x, weight, s, p) : AtenModule.call("conv2d_bias", x, weight, biasOrNull, s, p);
    }

    /** Where a kernel that brings the weight into its own layout at every call takes longer for that than for its sums. */
    private static boolean isMostlyReordering(NDArray x, NDArray weight, int stride) {
        return weight.size() >= LARGE_WEIGHT && positions(x, stride) <= FEW_PRODUCT_POSITIONS;
    }

    /** Output positions of a convolution over all rows. */
    static long positions(NDArray x, int stride) {
        Shape shape = x.getShape();
        return shape.get(0) * shape.get(2) * shape.get(3) / ((long) stride * stride);
    }

    public static NDArray silu(NDArray x) {
        return AtenModule.call("silu", x);
    }

    /** Exact (erf) GELU. */
    public static NDArray gelu(NDArray x) {
        return JniUtils.gelu(pt(x));
    }

    /** x * sigmoid(1.702 x). */
    public static NDArray quickGelu(NDArray x) {
        return AtenModule.call("quick_gelu", x);
    }

    /** GELU-gated linear unit (arXiv 2002.05202) of an already projected input: [..., 2 d] to [..., d], second half the gate. */
    public static NDArray geglu(NDArray x) {
        return AtenModule.call("geglu", x);
    }

    /**
     * x times a number, for recorded graphs. {@code NDArray.mul(Number)}, {@code div(Number)} and their like must not be used there: DJL
     * lends the engine a Java buffer with the number and drops it at once, so that the way back multiplies by whatever the memory holds then.
     */
    public static NDArray scale(NDArray x, double factor) {
        try (NDArray number = Tensors.of(x.getManager(), new float[] {(float) factor}, new Shape())) {
            return x.mul(number);
        }
    }

    /** Rows of a table. @param ids int64 of any shape; @param table [rows, d]; @return [ids' shape, d], owned by the ids' manager */
    public static NDArray embedding(NDArray ids, NDArray table) {
        return JniUtils.embedding(pt(ids), pt(table), false);
    }

    /** Nearest-neighbour up-sampling by 2. */
    public static NDArray upsampleNearest2x(NDArray x) {
        Shape shape = x.getShape();
        return upsampleNearest(x, 2 * shape.get(2), 2 * shape.get(3));
    }

    /** Nearest-neighbour up-sampling of [B, C, H, W] to a given size. */
    public static NDArray upsampleNearest(NDArray x, long height, long width) {
        return JniUtils.interpolate(pt(x), new long[] {height, width}, NEAREST, false);
    }

    private static PtNDArray pt(NDArray array) {
        return (PtNDArray) array;
    }
}
