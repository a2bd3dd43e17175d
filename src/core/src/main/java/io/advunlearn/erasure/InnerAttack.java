package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.ParallelWork;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The attacker of the bi-level problem: moves adversarial values so that the trained encoder says again what the frozen one
 * says. Every step's gradient is fresh (nothing accumulates) and the last step counts.
 */
final class InnerAttack {

    /** The attacker's loss, one value a row, to be minimised. */
    @FunctionalInterface
    interface Goal {

        /**
         * @param adversarial of the start's shape, differentiable
         * @param scratch closed after the step
         * @return [B]
         */
        NDArray losses(NDArray adversarial, NDManager scratch);

        /** The same loss of some rows alone, {@code null} if they are not to be had without the others. @param rows by index, ascending */
        default Goal rows(int[] rows) {
            return null;
        }
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
     * Moves from {@code start} to where the loss is lower.
     *
     * @param start [rows, slots, D] with {@code attackRestarts} rows a prompt; not changed
     * @param bounds kept to after every step, {@code null} for none
     * @param goal asked anew at every step
     * @param manager owns the result
     */
    Result run(NDArray start, AttackBounds bounds, Goal goal, NDManager manager) {
        NDArray adversarial = start.duplicate();
        adversarial.attach(manager);
        NDArray leaf = Autograd.leaf(adversarial);
        int steps = settings.attackMethod() == AttackMethod.FAST_AT ? 1 : settings.attackSteps();
        double loss = 0;
        try (NDManager state = manager.newSubManager()) {
            Adam adam = new Adam(List.of(leaf), settings.attackLearningRate(), state);
            List<Part> parts = parts(goal, (int) leaf.getShape().get(0));
            for (int i = 0; i < steps; i++) {
                cancellation.throwIfCancelled();
                loss = lane.call(DeviceLane.Priority.BACKGROUND, () -> step(leaf, bounds, parts, adam, state));
            }
        }
        NDArray found = leaf.stopGradient();
        found.attach(manager);
        return settings.attackRestarts() == 1 ? new Result(found, loss) : best(found, goal, manager);
    }

    /**
     * @param adversarial [prompts, slots, D], detached
     * @param loss mean over the prompts: before the last update, or of the best restarts after it
     */
    record Result(NDArray adversarial, double loss) {
    }

    /** Of each prompt's restarts the one with the lowest loss after the last update, the first of equals. */
    private Result best(NDArray found, Goal goal, NDManager manager) {
        cancellation.throwIfCancelled();
        float[] losses = lane.call(DeviceLane.Priority.BACKGROUND, () -> {
            try (NDManager scratch = manager.newSubManager()) {
                NDArray values = Autograd.noGrad(() -> goal.losses(found, scratch));
                values.attach(scratch);
                return Tensors.floats(values);
            }
        });
        int restarts = settings.attackRestarts();
        int[] best = new int[losses.length / restarts];
        double sum = 0;
        for (int i = 0; i < best.length; i++) {
            best[i] = i * restarts;
            for (int row = i * restarts; row < (i + 1) * restarts; row++) {
                best[i] = losses[row] < losses[best[i]] ? row : best[i];
            }
            sum += losses[best[i]];
        }
        return new Result(TrajectoryBank.rows(found, best, manager), sum / best.length);
    }

    /** Rows that are attacked together. */
    private record Part(int[] rows, Goal goal) {
    }

    /** As many as are computed at once. */
    private List<Part> parts(Goal goal, int rows) {
        List<Part> parts = ParallelWork.cut(rows, lane.partsAtOnce()).stream().map(ParallelWork.Range::indices)
                .map(some -> new Part(some, some.length == rows ? goal : goal.rows(some))).toList();
        return parts.get(0).goal() == null ? List.of(new Part(null, goal)) : parts;
    }

    private double step(NDArray leaf, AttackBounds bounds, List<Part> parts, Adam adam, NDManager state) {
        try (NDManager scratch = state.newSubManager()) {
            Slope slope = parts.size() == 1 ? slope(leaf, parts.get(0).goal(), scratch) : slope(leaf, parts, scratch);
            if (settings.attackMethod() == AttackMethod.ADAM) {
                adam.step(List.of(slope.gradient()));
            } else {
                signStep(leaf, slope.gradient(), -settings.attackLearningRate());
            }
            if (bounds != null) {
                bounds.project(leaf);
            }
            return slope.loss() / leaf.getShape().get(0);
        }
    }

    /**
     * @param gradient of the adversarial values' shape
     * @param loss of all rows, summed
     */
    private record Slope(NDArray gradient, double loss) {
    }

    private static Slope slope(NDArray leaf, List<Part> parts, NDManager scratch) {
        List<Supplier<Slope>> work = new ArrayList<>();
        for (Part part : parts) {
            NDArray own = Autograd.leaf(Autograd.noGrad(() -> TrajectoryBank.rows(leaf, part.rows(), scratch)));
            work.add(() -> slope(own, part.goal(), scratch));
        }
        List<Slope> slopes = ParallelWork.all(work);
        NDArray gradient = NDArrays.concat(new NDList(slopes.stream().map(Slope::gradient).toList()));
        gradient.attach(scratch);
        return new Slope(gradient, slopes.stream().mapToDouble(Slope::loss).sum());
    }

    private static Slope slope(NDArray leaf, Goal goal, NDManager scratch) {
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
        return new Slope(gradient, Tensors.number(total));
    }

    /** In place: {@code values + size x sign(gradient)}. */
    static void signStep(NDArray values, NDArray gradient, double size) {
        Autograd.noGrad(() -> {
            try (NDArray change = gradient.sign()) {
                values.addi(change.muli((float) size));
            }
            return null;
        });
    }
}
