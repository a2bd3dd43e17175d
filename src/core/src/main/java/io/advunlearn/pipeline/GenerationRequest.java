package io.advunlearn.pipeline;

import io.advunlearn.scheduler.Schedulers;
import java.util.List;

/**
 * What to draw.
 *
 * @param prompt any text; what does not fit the encoder's window is cut and reported
 * @param negativePrompt text to steer away from, {@code ""} for none
 * @param seeds one seed an image; image {@code i} depends on {@code seeds.get(i)} alone
 * @param steps denoising steps, 1 to the scheduler's number of training steps
 * @param guidanceScale classifier-free guidance, 1 (off) to 20
 * @param size of the images, {@code null} for the size that the model was trained for, where it draws best
 * @param scheduler a scheduler to use instead of the pipeline's own, see {@link Schedulers#className}; {@code null} for the pipeline's own
 */
public record GenerationRequest(String prompt, String negativePrompt, List<Long> seeds, int steps, double guidanceScale,
        ImageSize size, String scheduler) {

    public static final double MIN_GUIDANCE = 1;
    public static final double MAX_GUIDANCE = 20;

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public GenerationRequest {
        if (prompt == null) {
            throw new IllegalArgumentException("prompt is required");
        }
        negativePrompt = negativePrompt == null ? "" : negativePrompt;
        seeds = List.copyOf(seeds);
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException("seeds must hold at least one seed");
        }
        if (steps < 1 || steps > 1000) {
            throw new IllegalArgumentException("num_inference_steps must be between 1 and 1000, not " + steps);
        }
        if (!(guidanceScale >= MIN_GUIDANCE && guidanceScale <= MAX_GUIDANCE)) {
            throw new IllegalArgumentException("guidance_scale must be between 1 and 20, not " + guidanceScale);
        }
        scheduler = scheduler == null ? null : Schedulers.className(scheduler);
    }

    /** With the pipeline's own size and scheduler. */
    public GenerationRequest(String prompt, String negativePrompt, List<Long> seeds, int steps, double guidanceScale) {
        this(prompt, negativePrompt, seeds, steps, guidanceScale, null, null);
    }
}
