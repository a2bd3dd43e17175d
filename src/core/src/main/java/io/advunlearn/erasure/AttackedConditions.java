package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import java.util.function.UnaryOperator;

/**
 * Prompts attacked behind the encoder: the adversarial values are a perturbation delta [B, N, D] of its output, so the UNet reads
 * {@code E(c) + delta}. The attack holds {@code E(c)} still; the outer step takes delta as a constant and goes to the weights
 * through {@code E(c)}, which the published code never did.
 */
record AttackedConditions(CleanPrompts prompts) implements AttackedBatch {

    /** Every position is perturbed, padding too. */
    @Override
    public WindowPrefix prefix() {
        return WindowPrefix.whole((int) prompts.embeds().getShape().get(1));
    }

    @Override
    public NDArray hidden(ClipTextModel encoder, WindowPrefix prefix, NDArray adversarial) {
        return prefix.cut(hidden(encoder, adversarial, false));
    }

    @Override
    public NDArray hidden(ClipTextModel encoder, NDArray adversarial, boolean clean) {
        try (Scope scope = new Scope()) {
            NDArray unattacked = prompts.hidden(encoder);
            NDArray attacked = unattacked.add(adversarial);
            return scope.keep(clean ? NDArrays.concat(new NDList(attacked, unattacked)) : attacked);
        }
    }

    @Override
    public UnaryOperator<NDArray> reading(ClipTextModel encoder, WindowPrefix prefix, NDManager scratch) {
        NDArray unattacked = unattacked(encoder, scratch);
        return adversarial -> prefix.cut(adversarial.add(unattacked));
    }

    /** The ball around {@code E(c)}, cut to the range of each row's own values. */
    @Override
    public AttackBounds bounds(ClipTextModel encoder, NDArray start, double radius, NDManager scratch) {
        NDArray unattacked = unattacked(encoder, scratch);
        NDArray rows = unattacked.reshape(unattacked.getShape().get(0), 1, -1);
        rows.attach(scratch);
        NDArray lower = rows.min(new int[] {2}, true).sub(unattacked).maximum((float) -radius);
        NDArray upper = rows.max(new int[] {2}, true).sub(unattacked).minimum((float) radius);
        lower.attach(scratch);
        upper.attach(scratch);
        return new AttackBounds(lower, upper);
    }

    private NDArray unattacked(ClipTextModel encoder, NDManager scratch) {
        NDArray hidden = Autograd.noGrad(() -> prompts.hidden(encoder));
        hidden.attach(scratch);
        return hidden;
    }

    @Override
    public AttackedConditions rows(int[] rows, NDManager owner) {
        return new AttackedConditions(prompts.rows(rows, owner));
    }
}
