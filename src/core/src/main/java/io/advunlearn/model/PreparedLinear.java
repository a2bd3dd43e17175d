package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.LinearWeight;
import io.advunlearn.tensor.Weights;

/**
 * torch.nn.Linear of a text encoder. A prompt has so few rows that bringing the weights into the kernel's layout takes about as long as the
 * product, so it is done once.
 *
 * @param weight [out, in]
 * @param bias [out]
 */
record PreparedLinear(LinearWeight weight, NDArray bias) {

    static PreparedLinear of(Weights weights, long in, long out) {
        return new PreparedLinear(new LinearWeight(weights.get("weight", out, in), weights.isFrozen()), weights.get("bias", out));
    }

    NDArray forward(NDArray x) {
        return weight.product(x, bias);
    }
}
