package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A network's weights, some of them copied to be trained.
 *
 * @param trained the copies by state-dict name
 * @param training every tensor; the copies collect gradients
 * @param attacked every tensor; the copies' storage without a gradient, since the inner attack differentiates its prompts only
 */
record TrainableWeights(Map<String, NDArray> trained, Weights training, Weights attacked) {

    /**
     * @param isTrained by state-dict name
     * @param manager owns the copies
     */
    static TrainableWeights of(Weights base, Predicate<String> isTrained, NDManager manager) {
        Map<String, NDArray> trained = new LinkedHashMap<>();
        Map<String, NDArray> leaves = new LinkedHashMap<>(base.asMap());
        Map<String, NDArray> views = new LinkedHashMap<>(leaves);
        base.asMap().forEach((name, tensor) -> {
            if (isTrained.test(name)) {
                NDArray copy = tensor.duplicate();
                copy.attach(manager);
                NDArray leaf = Autograd.leaf(copy);
                copy.close();
                trained.put(name, leaf);
                leaves.put(name, leaf);
                NDArray view = leaf.stopGradient();
                view.attach(manager);
                views.put(name, view);
            }
        });
        return new TrainableWeights(trained, Weights.of(leaves), Weights.of(views));
    }

    /** The same numbers, which change with these, with gradients of their own. @param manager owns the leaves */
    TrainableWeights beside(NDManager manager) {
        Map<String, NDArray> own = new LinkedHashMap<>();
        Map<String, NDArray> leaves = new LinkedHashMap<>(training.asMap());
        trained.forEach((name, shared) -> {
            NDArray leaf = shared.stopGradient();
            leaf.attach(manager);
            leaf.setRequiresGradient(true);
            own.put(name, leaf);
            leaves.put(name, leaf);
        });
        return new TrainableWeights(own, Weights.of(leaves), attacked);
    }
}
