package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.AddedConditions;
import java.util.function.UnaryOperator;

/**
 * What a denoiser reads of a prompt.
 *
 * @param hiddenStates [B, N, D] of the text encoder, or of both side by side
 * @param added what the SDXL family reads besides, {@code null} in the others
 */
public record Conditioning(NDArray hiddenStates, AddedConditions added) {

    /** For families that read nothing besides. */
    public static Conditioning of(NDArray hiddenStates) {
        return new Conditioning(hiddenStates, null);
    }

    long rows() {
        return hiddenStates.getShape().get(0);
    }

    Conditioning map(UnaryOperator<NDArray> change) {
        return new Conditioning(change.apply(hiddenStates), added == null ? null
                : new AddedConditions(change.apply(added.textEmbeds()), change.apply(added.timeIds())));
    }

    /** Every row {@code count} times. */
    Conditioning repeated(long count) {
        return count == 1 ? this : map(array -> array.repeat(0, count));
    }

    /** The rows of this one and then of the other. */
    Conditioning followedBy(Conditioning other) {
        return new Conditioning(hiddenStates.concat(other.hiddenStates, 0), added == null ? null
                : new AddedConditions(added.textEmbeds().concat(other.added.textEmbeds(), 0), added.timeIds().concat(other.added.timeIds(), 0)));
    }
}
