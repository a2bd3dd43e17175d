package io.advunlearn.model;

/**
 * {@code vision_config} of a CLIP folder, with transformers' defaults.
 *
 * @param imageSize pixels of the square input
 * @param patchSize pixels of a square patch
 * @param hiddenAct {@code quick_gelu} or {@code gelu}
 */
public record ClipVisionConfig(int hiddenSize, int intermediateSize, int numHiddenLayers, int numAttentionHeads, int imageSize, int patchSize,
        String hiddenAct, double layerNormEps) {

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    static ClipVisionConfig of(ConfigFile file) {
        file.accept("model_type", "clip_vision_model");
        file.accept("num_channels", 3);
        ClipVisionConfig config = new ClipVisionConfig(file.integer("hidden_size", 768, 1), file.integer("intermediate_size", 3072, 1),
                file.integer("num_hidden_layers", 12, 1), file.integer("num_attention_heads", 12, 1), file.integer("image_size", 224, 1),
                file.integer("patch_size", 32, 1), file.text("hidden_act", "quick_gelu", "quick_gelu", "gelu"), file.number("layer_norm_eps", 1e-5));
        if (config.hiddenSize % config.numAttentionHeads != 0) {
            throw file.refuse("num_attention_heads", config.numAttentionHeads, "a divisor of hidden_size " + config.hiddenSize);
        }
        if (config.patchSize > config.imageSize) {
            throw file.refuse("patch_size", config.patchSize, "at most image_size " + config.imageSize);
        }
        return config;
    }

    /** Patches of an image and the class token before them. */
    int positions() {
        int side = imageSize / patchSize;
        return side * side + 1;
    }

    /** The sizes of its encoder layers, which a text model shares. */
    ClipTextConfig layers() {
        return new ClipTextConfig(1, hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads, positions(), hiddenAct, layerNormEps, 0);
    }
}
