package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Weights;

/** CLIPTextModel of transformers. Immutable. */
public final class ClipTextModel {

    /**
     * @param lastHiddenState [B, 77, hidden], after the final layer norm
     * @param penultimate [B, 77, hidden], output of the layer before the last, no final norm
     * @param pooled [B, hidden], last hidden state at the true EOS
     */
    public record Output(NDArray lastHiddenState, NDArray penultimate, NDArray pooled) { }

    public ClipTextModel(ClipTextConfig config, Weights weights) { throw new IllegalStateException("being written"); }

    public ClipTextConfig config() { throw new IllegalStateException("being written"); }

    /** The tensors it was made of (names as in the state dict). */
    public Weights weights() { throw new IllegalStateException("being written"); }

    /** @param inputIds [B, N] int64 */
    public Output forward(NDArray inputIds) { throw new IllegalStateException("being written"); }

    /** Convenience: last hidden state of tokenised prompts. @param ids [B][77] */
    public NDArray encode(ai.djl.ndarray.NDManager manager, int[][] ids) { throw new IllegalStateException("being written"); }

    /**
     * @param inputsEmbeds [B, N, hidden] token embeddings before positions
     * @param eos index of the true EOS of each row, for the pooled output
     */
    public Output forwardEmbeds(NDArray inputsEmbeds, int[] eos) { throw new IllegalStateException("being written"); }

    /** Token embeddings [B, N, hidden] of ids [B, N] int64. */
    public NDArray embed(NDArray inputIds) { throw new IllegalStateException("being written"); }

    /** The token embedding table [vocab, hidden]. */
    public NDArray tokenEmbedding() { throw new IllegalStateException("being written"); }
}
