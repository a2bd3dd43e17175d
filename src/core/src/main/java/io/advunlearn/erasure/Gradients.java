package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Gradients of a loss in trained weights. */
final class Gradients {

    private Gradients() {
    }

    /**
     * @param loss computes a scalar; runs with the graph recorded; gives {@code null} if there is none, and the gradients are zero
     * @param scratch owns the gradients and the loss's graph
     */
    static List<NDArray> of(Supplier<NDArray> loss, List<NDArray> parameters, NDManager scratch) {
        NDArray value = Autograd.record(loss);
        if (value == null) {
            return new ArrayList<>(parameters.stream().map(p -> scratch.zeros(p.getShape())).toList());
        }
        // Whatever array came first owns the result, and the result the step's whole graph.
        value.attach(scratch);
        List<NDArray> gradients = new ArrayList<>(Autograd.gradients(value, parameters));
        gradients.forEach(g -> g.attach(scratch));
        return gradients;
    }

    /** Scales all of them in place so that their common L2 norm is at most {@code most}; 0 leaves them as they are. */
    static void clip(List<NDArray> gradients, double most) {
        if (most == 0) {
            return;
        }
        double square = 0;
        for (NDArray gradient : gradients) {
            try (NDArray s = gradient.square(); NDArray sum = s.sum()) {
                square += Tensors.number(sum);
            }
        }
        double norm = Math.sqrt(square);
        if (norm > most) {
            gradients.forEach(g -> g.muli((float) (most / norm)));
        }
    }
}
