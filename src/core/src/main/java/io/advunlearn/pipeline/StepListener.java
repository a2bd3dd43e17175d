package io.advunlearn.pipeline;

import java.util.List;

/** Told after every denoising step. */
@FunctionalInterface
public interface StepListener {

    StepListener NONE = (step, total) -> { };

    /**
     * @param step steps done, 1 to {@code total}
     * @param total steps of this image
     */
    void onStep(int step, int total);

    /** This one without previews. */
    default StepListener withoutPreviews() {
        StepListener all = this;
        return new StepListener() {

            @Override
            public void onEncoder(String version) {
                all.onEncoder(version);
            }

            @Override
            public void onStep(int step, int total) {
                all.onStep(step, total);
            }
        };
    }

    /** Told before the first step which encoders draw. @param version as {@link GenerationResult#encoderVersion} */
    default void onEncoder(String version) { }

    /** Asked before a step, with what {@link #onStep} is told after it: whether to decode how far the images have come. */
    default boolean wantsPreview(int step, int total) {
        return false;
    }

    /**
     * Told after a step of which {@link #wantsPreview} was true. The images are made of the scheduler's predicted x0; drawing goes on as it would
     * have without them.
     *
     * @param images one a seed
     */
    default void onPreview(int step, int total, List<RgbImage> images) { }
}
