package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A private copy of a text encoder in which chosen layers are trained. Token and position embeddings are never trained.
 * The copy's tensors are changed in place between steps; serving never sees them.
 */
final class TrainableEncoder {

    private final Map<String, NDArray> trained = new LinkedHashMap<>();
    private final ClipTextModel training;
    private final ClipTextModel attacked;

    /**
     * @param layers indices of the trained layers, empty for all
     * @param manager owns the copies
     * @throws IllegalArgumentException if an index is not a layer
     */
    TrainableEncoder(ClipTextModel base, List<Integer> layers, boolean finalNorm, NDManager manager) {
        int count = base.config().numHiddenLayers();
        for (int layer : layers) {
            if (layer < 0 || layer >= count) {
                throw new IllegalArgumentException("layers must be between 0 and " + (count - 1) + ", not " + layer);
            }
        }
        Map<String, NDArray> leaves = new LinkedHashMap<>(base.weights().asMap());
        Map<String, NDArray> views = new LinkedHashMap<>(leaves);
        for (Map.Entry<String, NDArray> entry : base.weights().asMap().entrySet()) {
            if (isTrained(entry.getKey(), layers, finalNorm)) {
                NDArray copy = entry.getValue().duplicate();
                copy.attach(manager);
                NDArray leaf = Autograd.leaf(copy);
                trained.put(entry.getKey(), leaf);
                leaves.put(entry.getKey(), leaf);
                // The same storage without a gradient: the inner attack differentiates its prompts only.
                NDArray view = leaf.stopGradient();
                view.attach(manager);
                views.put(entry.getKey(), view);
            }
        }
        training = new ClipTextModel(base.config(), Weights.of(leaves));
        attacked = new ClipTextModel(base.config(), Weights.of(views));
    }

    /** Layers are compared as numbers: layer 1 is not layer 10. */
    private static boolean isTrained(String name, List<Integer> layers, boolean finalNorm) {
        if (name.contains("final_layer_norm.")) {
            return finalNorm;
        }
        int at = name.indexOf("encoder.layers.");
        if (at < 0) {
            return false;
        }
        String rest = name.substring(at + "encoder.layers.".length());
        return layers.isEmpty() || layers.contains(Integer.parseInt(rest.substring(0, rest.indexOf('.'))));
    }

    /** The network whose weights collect gradients. */
    ClipTextModel training() {
        return training;
    }

    /** The same network, current weights, no weight gradients. */
    ClipTextModel attacked() {
        return attacked;
    }

    /** Trained tensors by state-dict name. */
    Map<String, NDArray> trained() {
        return trained;
    }

    List<NDArray> parameters() {
        return new ArrayList<>(trained.values());
    }

    /** Every tensor of the state dict, trained or not. */
    Map<String, NDArray> stateDict() {
        return attacked.weights().asMap();
    }
}
