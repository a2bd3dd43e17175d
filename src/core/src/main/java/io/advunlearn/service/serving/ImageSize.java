package io.advunlearn.service.serving;

import io.advunlearn.pipeline.PipelineComponents;

/**
 * Pixels of the images that a pipeline makes.
 *
 * @param width pixels
 * @param height pixels
 */
public record ImageSize(int width, int height) {

    /** The size for which a model was trained. */
    static ImageSize of(PipelineComponents components) {
        return new ImageSize(components.imageSize(), components.imageSize());
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
