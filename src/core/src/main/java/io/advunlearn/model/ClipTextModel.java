package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** CLIPTextModel of transformers. Immutable. Results belong to the manager of the input. */
public final class ClipTextModel {

    /** What transformers assumed before its pull request 24773: the end of text has the highest id. */
    private static final int LEGACY_EOS = 2;

    private final ClipTextConfig config;
    private final Weights weights;
    private final NDArray tokenEmbedding;
    private final NDArray positionEmbedding;
    private final List<ClipEncoderLayer> layers = new ArrayList<>();
    private final LayerNorm finalLayerNorm;

    /**
     * @param lastHiddenState [B, 77, hidden], after the final layer norm
     * @param penultimate [B, 77, hidden], output of the layer before the last, no final norm
     * @param pooled [B, hidden], last hidden state at the true EOS
     */
    public record Output(NDArray lastHiddenState, NDArray penultimate, NDArray pooled) { }

    /** @throws IllegalArgumentException if a tensor is missing or its shape does not fit the configuration */
    public ClipTextModel(ClipTextConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
        Weights text = weights.at("text_model");
        tokenEmbedding = text.get("embeddings.token_embedding.weight", config.vocabSize(), config.hiddenSize());
        positionEmbedding = text.get("embeddings.position_embedding.weight", config.maxPositionEmbeddings(), config.hiddenSize());
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            layers.add(new ClipEncoderLayer(text.at("encoder.layers").at(i), config));
        }
        finalLayerNorm = LayerNorm.of(text.at("final_layer_norm"), config.hiddenSize(), config.layerNormEps());
    }

    public ClipTextConfig config() {
        return config;
    }

    /** The tensors it was made of (names as in the state dict). */
    public Weights weights() {
        return weights;
    }

    /** @param inputIds [B, N] int64, N at most {@code maxPositionEmbeddings} */
    public Output forward(NDArray inputIds) {
        int[] eos = endOfText(inputIds);
        NDArray embeds = embed(inputIds);
        try (embeds) {
            return forwardEmbeds(embeds, eos);
        }
    }

    /** Convenience: last hidden state of tokenised prompts. @param ids [B][77] */
    public NDArray encode(NDManager manager, int[][] ids) {
        try (Scope scope = new Scope()) {
            NDArray inputIds = Tensors.of(manager, ids);
            ParallelRows parallel = ParallelRows.of(inputIds);
            return scope.keep(parallel == null ? lastState(inputIds) : parallel.forward(inputIds, this::lastState));
        }
    }

    private NDArray lastState(NDArray inputIds) {
        try (Scope scope = new Scope()) {
            return scope.keep(hiddenStates(embed(inputIds)).get(1));
        }
    }

    /**
     * @param inputsEmbeds [B, N, hidden] token embeddings before positions
     * @param eos index of the true EOS of each row, for the pooled output
     */
    public Output forwardEmbeds(NDArray inputsEmbeds, int[] eos) {
        try (Scope scope = new Scope()) {
            List<NDArray> states = hiddenStates(inputsEmbeds);
            NDArray last = states.get(1);
            return new Output(scope.keep(last), scope.keep(states.get(0)), scope.keep(pool(last, eos)));
        }
    }

    /** Token embeddings [B, N, hidden] of ids [B, N] int64. */
    public NDArray embed(NDArray inputIds) {
        return Aten.embedding(inputIds, tokenEmbedding);
    }

    /** The token embedding table [vocab, hidden]. */
    public NDArray tokenEmbedding() {
        return tokenEmbedding;
    }

    /** The state before the last layer, and the last state behind the final norm. */
    private List<NDArray> hiddenStates(NDArray inputsEmbeds) {
        try (Scope scope = new Scope()) {
            NDArray x = inputsEmbeds.add(positions(inputsEmbeds));
            for (ClipEncoderLayer layer : layers.subList(0, layers.size() - 1)) {
                x = layer.forward(x);
            }
            NDArray last = finalLayerNorm.forward(layers.get(layers.size() - 1).forward(x));
            return List.of(scope.keep(x), scope.keep(last));
        }
    }

    private NDArray positions(NDArray inputsEmbeds) {
        long length = inputsEmbeds.getShape().get(1);
        if (length > config.maxPositionEmbeddings()) {
            throw new IllegalArgumentException("the prompt has " + length + " positions; at most " + config.maxPositionEmbeddings() + " are accepted");
        }
        return length == config.maxPositionEmbeddings() ? positionEmbedding
                : positionEmbedding.get(inputsEmbeds.getManager(), new NDIndex(":" + length));
    }

    /** Row i of [B, N, hidden] at position eos[i]. */
    private static NDArray pool(NDArray last, int[] eos) {
        Shape shape = last.getShape();
        long[] rows = new long[eos.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i * shape.get(1) + eos[i];
        }
        NDArray index = Tensors.of(last.getManager(), rows, new Shape(rows.length));
        return Aten.embedding(index, last.reshape(-1, shape.get(2)));
    }

    private int[] endOfText(NDArray inputIds) {
        int rows = Math.toIntExact(inputIds.getShape().get(0));
        int length = Math.toIntExact(inputIds.getShape().get(1));
        long[] ids = Tensors.longs(inputIds);
        int[] eos = new int[rows];
        for (int row = 0; row < rows; row++) {
            for (int i = 1; i < length; i++) {
                if (isBetterEnd(ids[row * length + i], ids[row * length + eos[row]])) {
                    eos[row] = i;
                }
            }
        }
        return eos;
    }

    /** First EOS of the row; position 0 if there is none, as argmax of nothing but zeros. */
    private boolean isBetterEnd(long candidate, long best) {
        return config.eosTokenId() == LEGACY_EOS ? candidate > best : candidate == config.eosTokenId() && best != config.eosTokenId();
    }
}
