package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Autograd;

/**
 * A box that adversarial values are projected to.
 *
 * @param lower smallest values, of the adversarial values' shape
 * @param upper largest values
 */
record AttackBounds(NDArray lower, NDArray upper) {

    /** Clips {@code values} in place. */
    void project(NDArray values) {
        Autograd.noGrad(() -> {
            // By arithmetic on the same storage: the array may be a leaf that optimisers and views share.
            try (NDArray clipped = values.maximum(lower); NDArray inside = clipped.minimum(upper); NDArray excess = values.sub(inside)) {
                values.subi(excess);
            }
            return null;
        });
    }
}
