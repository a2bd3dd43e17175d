package io.advunlearn.erasure;

import io.advunlearn.model.ClipTextConfig;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which tensors of a CLIP text encoder an erasure trains. Token and position embeddings are never among them.
 *
 * @param layers indices of transformer layers, empty for all
 * @param component the part of those layers
 * @param finalNorm whether the final layer norm is trained too
 */
record TrainedWeights(List<Integer> layers, EncoderComponent component, boolean finalNorm) {

    private static final Pattern LAYER = Pattern.compile("encoder\\.layers\\.(\\d+)\\.(\\w+)\\.");

    static TrainedWeights of(ErasureSettings settings) {
        return new TrainedWeights(settings.layers(), settings.component(), settings.trainFinalNorm());
    }

    /** @throws IllegalArgumentException if an index is not a layer */
    void check(ClipTextConfig config) {
        int last = config.numHiddenLayers() - 1;
        for (int layer : layers) {
            if (layer < 0 || layer > last) {
                throw new IllegalArgumentException("layers must be between 0 and " + last + ", not " + layer);
            }
        }
    }

    /** Layers are compared as numbers: layer 1 is not layer 10. @param name as in the state dict */
    boolean contains(String name) {
        if (name.contains("final_layer_norm.")) {
            return finalNorm;
        }
        Matcher layer = LAYER.matcher(name);
        return layer.find() && (layers.isEmpty() || layers.contains(Integer.parseInt(layer.group(1)))) && switch (component) {
            case ALL -> true;
            case FFN -> layer.group(2).equals("mlp");
            case ATTN -> layer.group(2).equals("self_attn");
        };
    }
}
