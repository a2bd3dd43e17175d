package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.ParallelWork;
import java.util.ArrayList;
import java.util.List;

/** Adam (Kingma and Ba, 2015) with PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, no decay. Its state can be saved. */
final class Adam {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPS = 1e-8;

    private final List<NDArray> parameters;
    private final List<NDArray> mean = new ArrayList<>();
    private final List<NDArray> variance = new ArrayList<>();
    private final double rate;
    private int steps;

    /** @param manager owns the state */
    Adam(List<NDArray> parameters, double rate, NDManager manager) {
        this.parameters = parameters;
        this.rate = rate;
        for (NDArray parameter : parameters) {
            mean.add(manager.zeros(parameter.getShape()));
            variance.add(manager.zeros(parameter.getShape()));
        }
    }

    /** One update in place. */
    void step(List<NDArray> gradients) {
        step(gradients, 1);
    }

    /** One update in place at a share of the rate. */
    void step(List<NDArray> gradients, double share) {
        Autograd.noGrad(() -> {
            steps++;
            float correction1 = (float) (share * rate / (1 - Math.pow(BETA1, steps)));
            float correction2 = (float) (1 - Math.pow(BETA2, steps));
            return ParallelWork.inRanges(parameters.size(), parameters.get(0).getDevice(), range -> {
                for (int i = range.from(); i < range.to(); i++) {
                    update(i, gradients.get(i), correction1, correction2);
                }
                return range;
            });
        });
    }

    private void update(int i, NDArray gradient, float correction1, float correction2) {
        try (NDManager scratch = gradient.getManager().newSubManager()) {
            NDArray scaled = gradient.mul((float) (1 - BETA1));
            scaled.attach(scratch);
            mean.get(i).muli((float) BETA1).addi(scaled);
            NDArray square = gradient.square();
            square.attach(scratch);
            variance.get(i).muli((float) BETA2).addi(square.muli((float) (1 - BETA2)));
            NDArray denominator = variance.get(i).div(correction2);
            denominator.attach(scratch);
            NDArray root = denominator.sqrt().addi((float) EPS);
            NDArray change = mean.get(i).mul(correction1);
            change.attach(scratch);
            parameters.get(i).subi(change.divi(root));
        }
    }

    int steps() {
        return steps;
    }

    List<NDArray> mean() {
        return mean;
    }

    List<NDArray> variance() {
        return variance;
    }

    /** Continues from a saved state whose arrays were written into {@link #mean} and {@link #variance}. */
    void restore(int stepsBefore) {
        steps = stepsBefore;
    }
}
