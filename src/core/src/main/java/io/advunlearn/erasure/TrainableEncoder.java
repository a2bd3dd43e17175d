package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A private copy of a text encoder in which chosen layers are trained. Token and position embeddings are never trained. */
final class TrainableEncoder implements Student {

    private final PipelineComponents components;
    private final TrainableWeights weights;
    private final Networks training;
    private final Networks attacked;

    /**
     * @param start the text encoder that training starts from
     * @param layers indices of the trained layers, empty for all
     * @param manager owns the copies
     * @throws IllegalArgumentException if an index is not a layer
     */
    TrainableEncoder(PipelineComponents components, ClipTextModel start, List<Integer> layers, boolean finalNorm, NDManager manager) {
        this.components = components;
        int count = start.config().numHiddenLayers();
        for (int layer : layers) {
            if (layer < 0 || layer >= count) {
                throw new IllegalArgumentException("layers must be between 0 and " + (count - 1) + ", not " + layer);
            }
        }
        weights = TrainableWeights.of(start.weights(), name -> isTrained(name, layers, finalNorm), manager);
        training = new Networks(new ClipTextModel(start.config(), weights.training()), components.unet());
        attacked = new Networks(new ClipTextModel(start.config(), weights.attacked()), components.unet());
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

    @Override
    public Networks training() {
        return training;
    }

    @Override
    public Networks attacked() {
        return attacked;
    }

    @Override
    public Map<String, NDArray> trained() {
        return weights.trained();
    }

    @Override
    public Path write(Path workDirectory) {
        Path folder = workDirectory.resolve("encoder");
        ModuleWriter.write(folder, components.directory().resolve("text_encoder").resolve("config.json"), "model.safetensors",
                weights.attacked().asMap());
        return folder;
    }
}
