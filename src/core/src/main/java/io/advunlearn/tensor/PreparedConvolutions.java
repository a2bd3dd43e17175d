package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;

/**
 * Convolutions on a CPU whose weights were brought into oneDNN's own layout once, instead of at every call. Without a gradient. Where the engine
 * was built without oneDNN there are none.
 */
final class PreparedConvolutions {

    private static final String CODE = """
            def prepare(self: __torch__.Ops, weight: Tensor, x: Tensor, stride: Tensor, padding: Tensor) -> Tensor:
              s = int(stride)
              p = int(padding)
              return ops.mkldnn._reorder_convolution_weight(weight, [p, p], [s, s], [1, 1], 1, torch.size(x))
            def conv2d(self: __torch__.Ops, x: Tensor, prepared: Tensor, bias: Tensor, stride: Tensor, padding: Tensor) -> Tensor:
              s = int(stride)
              p = int(padding)
              return ops.mkldnn._convolution_pointwise(x, prepared, bias, [p, p], [s, s], [1, 1], 1, "none", annotate(List[Optional[number]], []), None)
            """;

    private static final ScriptModule MODULE = ScriptModule.ifSupported(CODE);

    private PreparedConvolutions() { }

    static boolean areThere() {
        return MODULE != null;
    }

    /** The weight in a layout for inputs like {@code x}; good for others too. Opaque: only {@link #conv2d} reads it. */
    static NDArray prepare(NDArray weight, NDArray x, int stride, int padding) {
        return MODULE.call("prepare", weight, x, ScriptModule.constant(stride), ScriptModule.constant(padding));
    }

    static NDArray conv2d(NDArray x, NDArray prepared, NDArray bias, int stride, int padding) {
        return MODULE.call("conv2d", x, prepared, bias, ScriptModule.constant(stride), ScriptModule.constant(padding));
    }
}
