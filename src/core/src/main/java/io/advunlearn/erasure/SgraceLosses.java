package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import java.util.Collection;
import java.util.Iterator;

/**
 * The terms of S-GRACE (arXiv 2510.27285), differentiable. Features are the projected states at the end token, one row a sequence.
 */
final class SgraceLosses {

    private SgraceLosses() {
    }

    /**
     * Cosine of each row of {@code a} to the same row of {@code b}.
     *
     * @param a [B, D]
     * @param b [B, D] or [1, D]
     * @return [B]
     */
    static NDArray cosine(NDArray a, NDArray b) {
        NDArray product = a.mul(b).sum(new int[] {1});
        return product.div(norm(a).mul(norm(b)));
    }

    private static NDArray norm(NDArray a) {
        return a.square().sum(new int[] {1}).sqrt();
    }

    /**
     * What the attacker minimises: the frozen denoiser should find the very noise the concept's latent was made of, and the feature should
     * be the concept's.
     *
     * @param predicted [B, C, h, w] the denoiser's prediction under the attacked sequences
     * @param noise [1, C, h, w] the initial noise x_T
     * @return [B]
     */
    static NDArray attack(NDArray predicted, NDArray noise, NDArray features, NDArray target, double cosineWeight) {
        NDArray error = EncoderObjective.rowErrors(predicted, noise);
        return error.add(Aten.scale(oneMinus(cosine(features, target)), cosineWeight));
    }

    /** Turns attacked features away from the concept's: mean of {@code 1 + cos}. @param target [1, D] of the frozen encoder */
    static NDArray erase(NDArray features, NDArray target) {
        return onePlus(cosine(features, target)).mean();
    }

    /** Holds them near what they were: mean of {@code 1 - cos}, row by row. */
    static NDArray similarity(NDArray features, NDArray before) {
        return oneMinus(cosine(features, before)).mean();
    }

    /** Holds unrelated prompts: mean squared error over all positions. */
    static NDArray anchor(NDArray states, NDArray frozen) {
        return states.sub(frozen).square().mean();
    }

    /** Sum over the parameter tensors of their mean absolute change. */
    static NDArray parameters(Collection<NDArray> trained, Collection<NDArray> original) {
        NDArray sum = null;
        Iterator<NDArray> before = original.iterator();
        for (NDArray parameter : trained) {
            NDArray change = parameter.sub(before.next()).abs().mean();
            sum = sum == null ? change : sum.add(change);
        }
        return sum;
    }

    private static NDArray onePlus(NDArray x) {
        return x.add(x.onesLike());
    }

    private static NDArray oneMinus(NDArray x) {
        return x.onesLike().sub(x);
    }
}
