package io.advunlearn.service.serving;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.ImageSize;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Images as somebody asks for them, within the limits. What is {@code null} the pipeline decides.
 *
 * @param prompt what to draw
 * @param negativePrompt what to steer away from, {@code null} for nothing
 * @param n images, at least 1
 * @param size of the images
 * @param seed of the first image, at least 0, or a random one; image i has seed + i
 * @param steps denoising steps
 * @param guidanceScale 1 to 20
 * @param scheduler a scheduler's class in diffusers
 */
public record RequestedImages(String prompt, String negativePrompt, int n, ImageSize size, Long seed, Integer steps, Double guidanceScale, String scheduler) {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SEED_BITS = 31;

    /** With a seed for every image, and what the settings say of the rest. @throws IllegalArgumentException if it cannot be drawn */
    public GenerationRequest of(PipelineSettings settings) {
        long first = seed == null ? RANDOM.nextLong(1L << SEED_BITS) : seed;
        List<Long> seeds = LongStream.range(first, first + n).boxed().toList();
        return new GenerationRequest(prompt, negativePrompt, seeds, steps == null ? settings.numInferenceSteps() : steps,
                guidanceScale == null ? settings.guidanceScale() : guidanceScale, size, scheduler);
    }
}
