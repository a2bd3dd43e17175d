package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;

/**
 * torch.nn.Linear on a CPU by oneDNN's matrix product instead of the BLAS that PyTorch calls by itself. Without a gradient. Where the engine was
 * built without oneDNN there is none.
 */
final class OneDnnLinear {

    private static final String CODE = """
            def linear(self: __torch__.Ops, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
              return ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), None)
            def linear_without_bias(self: __torch__.Ops, x: Tensor, weight: Tensor) -> Tensor:
              return ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), None)
            """;

    private static final ScriptModule MODULE = ScriptModule.ifSupported(CODE);

    private OneDnnLinear() { }

    static boolean isThere() {
        return MODULE != null;
    }

    /** As {@link Aten#linear}. */
    static NDArray linear(NDArray x, NDArray weight, NDArray biasOrNull) {
        return biasOrNull == null ? MODULE.call("linear_without_bias", x, weight) : MODULE.call("linear", x, weight, biasOrNull);
    }
}
