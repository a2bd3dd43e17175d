package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * torch.nn.Linear on a CPU by oneDNN's matrix product instead of the BLAS that PyTorch calls by itself. Without a gradient. Where the engine was
 * built without oneDNN there is none.
 */
final class OneDnnLinear {

    private static final String CODE = """
            def linear(self: __torch__.Ops, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
              return ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), None)
            def prepare(self: __torch__.Ops, weight: Tensor, rows: Tensor) -> Tensor:
              return ops.mkldnn._reorder_linear_weight(weight, int(rows))
            def linear_without_bias(self: __torch__.Ops, x: Tensor, weight: Tensor) -> Tensor:
              return ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), None)
            """;

    private static final ScriptModule MODULE = ScriptModule.ifSupported(CODE);

    /** A prompt's; the layout must not depend on what comes first, or a seed would not give the same bits in every process. */
    private static final int PREPARED_FOR_ROWS = 77;

    private OneDnnLinear() { }

    /** Whether there is such a kernel for this weight. */
    static boolean canRead(NDArray weight) {
        return MODULE != null && weight.getDataType() == DataType.FLOAT32 && !weight.getDevice().isGpu();
    }

    /** The weight in the kernel's own layout, instead of bringing it there at every call. Opaque: only {@link #linear} reads it. */
    static NDArray prepare(NDArray weight) {
        return MODULE.call("prepare", weight, ScriptModule.constant(PREPARED_FOR_ROWS));
    }

    /** As {@link Aten#linear}. @param weight [out, in], as it is or prepared */
    static NDArray linear(NDArray x, NDArray weight, NDArray biasOrNull) {
        return biasOrNull == null ? MODULE.call("linear_without_bias", x, weight) : MODULE.call("linear", x, weight, biasOrNull);
    }
}
