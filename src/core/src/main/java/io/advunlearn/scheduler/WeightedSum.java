package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** A sum of arrays times numbers: what a step of every scheduler comes down to. The result belongs to the first array's manager. */
final class WeightedSum {

    private NDArray total;

    /** @param factor is rounded to fp32, as diffusers' coefficients are; an array times 0 is left out */
    WeightedSum plus(double factor, NDArray array) {
        if (factor == 0 && total != null) {
            return this;
        }
        // the device fills it in by itself: a number sent from the host would make the host wait for the device
        NDArray term = array.mul(array.getManager().full(new Shape(), (float) factor));
        total = total == null ? term : total.add(term);
        return this;
    }

    /** What a denoiser says of x0 or of the noise. */
    static WeightedSum of(Prediction.Factors factors, NDArray sample, NDArray output) {
        return new WeightedSum().plus(factors.sample(), sample).plus(factors.output(), output);
    }

    NDArray total() {
        return total;
    }
}
