package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Weights;

/** CLIPTextModelWithProjection of transformers. Immutable. Results belong to the manager of the input. */
public final class ClipTextModelWithProjection {

    private final ClipTextProjectionConfig config;
    private final ClipTextModel textModel;
    private final Linear textProjection;

    /**
     * @param penultimate [B, N, hidden], output of the layer before the last, no final norm
     * @param textEmbeds [B, projection], the projected last hidden state at the true EOS
     */
    public record Output(NDArray penultimate, NDArray textEmbeds) { }

    /** @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration */
    public ClipTextModelWithProjection(ClipTextProjectionConfig config, Weights weights) {
        this.config = config;
        textModel = new ClipTextModel(config.text(), weights);
        textProjection = Linear.withoutBias(weights.at("text_projection"), config.text().hiddenSize(), config.projectionDim());
    }

    public ClipTextProjectionConfig config() {
        return config;
    }

    /** The encoder below the projection. */
    public ClipTextModel textModel() {
        return textModel;
    }

    /** @param inputIds [B, N] int64 */
    public Output forward(NDArray inputIds) {
        try (Scope scope = new Scope()) {
            ClipTextModel.Output output = textModel.forward(inputIds);
            return new Output(scope.keep(output.penultimate()), scope.keep(textProjection.forward(output.pooled())));
        }
    }
}
