package io.advunlearn.model;

import java.nio.file.Path;

/**
 * config.json of a CLIPTextModel folder, with transformers' defaults.
 *
 * @param hiddenAct {@code quick_gelu} or {@code gelu}
 * @param eosTokenId the end-of-text id; 2 is the wrong value of old files and means "the highest id of the row"
 */
public record ClipTextConfig(int vocabSize, int hiddenSize, int intermediateSize, int numHiddenLayers, int numAttentionHeads,
        int maxPositionEmbeddings, String hiddenAct, double layerNormEps, int eosTokenId) {

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static ClipTextConfig read(Path configJson) {
        return of(ConfigFile.read(configJson));
    }

    /** As {@link #read}, of a configuration in memory or a part of a CLIP folder's. */
    public static ClipTextConfig of(ConfigFile file) {
        file.accept("model_type", "clip_text_model");
        ClipTextConfig config = new ClipTextConfig(file.integer("vocab_size", 49408, 1), file.integer("hidden_size", 512, 1),
                file.integer("intermediate_size", 2048, 1), file.integer("num_hidden_layers", 12, 1),
                file.integer("num_attention_heads", 8, 1), file.integer("max_position_embeddings", 77, 2),
                file.text("hidden_act", "quick_gelu", "quick_gelu", "gelu"), file.number("layer_norm_eps", 1e-5),
                file.integer("eos_token_id", 49407, 0));
        if (config.hiddenSize % config.numAttentionHeads != 0) {
            throw file.refuse("num_attention_heads", config.numAttentionHeads, "a divisor of hidden_size " + config.hiddenSize);
        }
        return config;
    }
}
