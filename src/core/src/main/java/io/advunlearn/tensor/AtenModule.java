package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;

/** TorchScript methods that are single ATen kernels, or a few that always come together. */
final class AtenModule {

    private static final String CODE = """
            def attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
              return torch.scaled_dot_product_attention(q, k, v)
            def causal_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
              return torch.scaled_dot_product_attention(q, k, v, None, 0., True)
            def split(self: __torch__.Ops, x: Tensor, heads: int) -> Tensor:
              y = torch.view(x, [torch.size(x, 0), torch.size(x, 1), heads, -1])
              return torch.transpose(y, 1, 2)
            def merge(self: __torch__.Ops, x: Tensor) -> Tensor:
              y = torch.transpose(x, 1, 2)
              return torch.reshape(y, [torch.size(y, 0), torch.size(y, 1), -1])
            def multi_head_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, heads: Tensor) -> Tensor:
              h = int(heads)
              y = torch.scaled_dot_product_attention((self).split(q, h, ), (self).split(k, h, ), (self).split(v, h, ))
              return (self).merge(y, )
            def causal_multi_head_attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, heads: Tensor) -> Tensor:
              h = int(heads)
              y = torch.scaled_dot_product_attention((self).split(q, h, ), (self).split(k, h, ), (self).split(v, h, ), None, 0., True)
              return (self).merge(y, )
            def group_norm(self: __torch__.Ops, x: Tensor, groups: Tensor, weight: Tensor, bias: Tensor, eps: Tensor) -> Tensor:
              return torch.group_norm(torch.contiguous(x), int(groups), weight, bias, float(eps))
            def group_norm_silu(self: __torch__.Ops, x: Tensor, groups: Tensor, weight: Tensor, bias: Tensor, eps: Tensor) -> Tensor:
              return torch.silu(torch.group_norm(torch.contiguous(x), int(groups), weight, bias, float(eps)))
            def conv2d(self: __torch__.Ops, x: Tensor, weight: Tensor, stride: Tensor, padding: Tensor) -> Tensor:
              s = int(stride)
              p = int(padding)
              return torch._convolution(x, weight, None, [s, s], [p, p], [1, 1], False, [0, 0], 1, False, True, True, ALLOW_TF32)
            def conv2d_bias(self: __torch__.Ops, x: Tensor, weight: Tensor, bias: Tensor, stride: Tensor, padding: Tensor) -> Tensor:
              s = int(stride)
              p = int(padding)
              return torch._convolution(x, weight, bias, [s, s], [p, p], [1, 1], False, [0, 0], 1, False, True, True, ALLOW_TF32)
            def conv2d_product(self: __torch__.Ops, x: Tensor, weight: Tensor, bias: Tensor, stride: Tensor, padding: Tensor) -> Tensor:
              s = int(stride)
              p = int(padding)
              k = torch.size(weight, 2)
              columns = torch.im2col(x, [k, k], [1, 1], [p, p], [s, s])
              y = torch.matmul(torch.reshape(weight, [torch.size(weight, 0), -1]), columns)
              y = torch.add(y, torch.view(bias, [-1, 1]))
              return torch.view(y, [torch.size(y, 0), torch.size(y, 1), (torch.size(x, 2) + 2 * p - k) // s + 1, -1])
            def silu(self: __torch__.Ops, x: Tensor) -> Tensor:
              return torch.silu(x)
            def quick_gelu(self: __torch__.Ops, x: Tensor) -> Tensor:
              return torch.mul(x, torch.sigmoid(torch.mul(x, 1.702)))
            def geglu(self: __torch__.Ops, x: Tensor) -> Tensor:
              halves = torch.chunk(x, 2, -1)
              return torch.mul(halves[0], torch.gelu(halves[1]))
            """.replace("ALLOW_TF32", Boolean.getBoolean("advunlearn.allow-tf32") ? "True" : "False");

    private static final ScriptModule MODULE = new ScriptModule(CODE);

    private AtenModule() { }

    /** Calls a method. The result attaches to the manager of the first argument. */
    static NDArray call(String method, NDArray... arguments) {
        return MODULE.call(method, arguments);
    }
}
