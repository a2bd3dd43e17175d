package io.advunlearn.model;

import java.nio.file.Path;

/** config.json of a CLIPTextModel folder. */
public record ClipTextConfig(int vocabSize, int hiddenSize, int intermediateSize, int numHiddenLayers, int numAttentionHeads,
        int maxPositionEmbeddings, String hiddenAct, double layerNormEps, int eosTokenId) {

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static ClipTextConfig read(Path configJson) { throw new IllegalStateException("being written"); }
}
