package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.search.WindowPrefix;
import java.util.function.UnaryOperator;

/** The prompts of one round and where the adversarial values act on them; made of constants, so that any encoder may read them. */
interface AttackedBatch {

    /**
     * What the encoder says to the attacked prompts [B, N, D], differentiable in the adversarial values and in the encoder's weights.
     *
     * @param clean whether what it says to the same prompts unattacked follows: [2B, N, D]
     */
    NDArray hidden(ClipTextModel encoder, NDArray adversarial, boolean clean);

    /** The positions that are enough for work without the UNet. */
    WindowPrefix prefix();

    /** What the encoder says to the attacked prompts at the first positions [B, n, D], differentiable in both. */
    NDArray hidden(ClipTextModel encoder, WindowPrefix prefix, NDArray adversarial);

    /**
     * The first positions of {@link #hidden} of an encoder that does not change meanwhile, as a function of the adversarial values alone.
     *
     * @param scratch owns what does not depend on them
     */
    UnaryOperator<NDArray> reading(ClipTextModel encoder, WindowPrefix prefix, NDManager scratch);

    /**
     * What the adversarial values must keep to.
     *
     * @param start where they began
     * @param radius above 0
     * @param scratch owns the bounds
     */
    AttackBounds bounds(ClipTextModel encoder, NDArray start, double radius, NDManager scratch);

    /** Some of the prompts. @param rows by index, which may repeat */
    AttackedBatch rows(int[] rows, NDManager owner);
}
