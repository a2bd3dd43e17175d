package io.advunlearn.quarkus;

import java.util.List;

/**
 * What a request gave.
 *
 * @param images at least one, in the order of their seeds
 * @param encoderVersion which text encoder drew it, {@code <id>@<digest>}; two, in SDXL, are separated by {@code ", "}
 * @param generation the pipeline's generation at the time
 * @param cutPrompt the part of the prompt that did not fit the encoder's window, {@code ""} if all fitted
 */
public record GeneratedImages(List<GeneratedImage> images, String encoderVersion, long generation, String cutPrompt) {

    /** The first one. */
    public GeneratedImage image() {
        return images.get(0);
    }
}
