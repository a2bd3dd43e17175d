package io.advunlearn.pipeline;

/** Told after every denoising step. */
@FunctionalInterface
public interface StepListener {

    StepListener NONE = (step, total) -> { };

    /**
     * @param step steps done, 1 to {@code total}
     * @param total steps of this image
     */
    void onStep(int step, int total);
}
