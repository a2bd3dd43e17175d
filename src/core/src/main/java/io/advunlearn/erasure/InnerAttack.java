package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Autograd;
import java.util.List;

/**
 * The attacker of the bi-level problem: moves adversarial token embeddings so that the trained encoder says again what the frozen one
 * says. Every step's gradient is fresh (nothing accumulates) and the last step counts.
 */
final class InnerAttack {

    /** The attacker's loss, one value a row, to be minimised. */
    @FunctionalInterface
    interface Goal {

        /**
         * @param adversarial [B, width, D], differentiable
         * @param scratch closed after the step
         * @return [B]
         */
        NDArray losses(NDArray adversarial, NDManager scratch);
    }

    private final ErasureSettings settings;
    private final DeviceLane lane;
    private final CancellationToken cancellation;

    InnerAttack(ErasureSettings settings, DeviceLane lane, CancellationToken cancellation) {
        this.settings = settings;
        this.lane = lane;
        this.cancellation = cancellation;
    }

    /**
     * @param start [B, width, D]; not changed
     * @param goal asked anew at every step
     * @param manager owns the result
     */
    Result run(NDArray start, Goal goal, NDManager manager) {
        NDArray adversarial = start.duplicate();
        adversarial.attach(manager);
        NDArray leaf = Autograd.leaf(adversarial);
        int steps = settings.attackMethod() == AttackMethod.FAST_AT ? 1 : settings.attackSteps();
        double loss = 0;
        try (NDManager state = manager.newSubManager()) {
            Adam adam = new Adam(List.of(leaf), settings.attackLearningRate(), state);
            for (int i = 0; i < steps; i++) {
                cancellation.throwIfCancelled();
                loss = lane.call(DeviceLane.Priority.BACKGROUND, () -> step(leaf, start, goal, adam, state));
            }
        }
        NDArray found = leaf.stopGradient();
        found.attach(manager);
        return new Result(found, loss);
    }

    /** @param adversarial [B, width, D], detached; @param loss mean over the rows before the last update */
    record Result(NDArray adversarial, double loss) {
    }

    private double step(NDArray leaf, NDArray start, Goal goal, Adam adam, NDManager state) {
        try (NDManager scratch = state.newSubManager()) {
            // Summed, not averaged: a row's gradient must not depend on how many rows are attacked together.
            NDArray total = Autograd.record(() -> {
                NDArray losses = goal.losses(leaf, scratch);
                // Whatever array came first owns the result, and the result the step's whole graph.
                losses.attach(scratch);
                return losses.sum();
            });
            total.attach(scratch);
            NDArray gradient = Autograd.gradients(total, List.of(leaf)).get(0);
            gradient.attach(scratch);
            if (settings.attackMethod() == AttackMethod.ADAM) {
                adam.step(List.of(gradient));
            } else {
                signStep(leaf, start, gradient, scratch);
            }
            return total.getFloat() / leaf.getShape().get(0);
        }
    }

    private void signStep(NDArray leaf, NDArray start, NDArray gradient, NDManager scratch) {
        Autograd.noGrad(() -> {
            leaf.subi(gradient.sign().muli((float) settings.attackLearningRate()));
            if (settings.attackRadius() > 0) {
                NDArray change = leaf.sub(start);
                change.attach(scratch);
                NDArray excess = change.sub(change.clip(-settings.attackRadius(), settings.attackRadius()));
                leaf.subi(excess);
            }
            return null;
        });
    }
}
