package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import io.advunlearn.pipeline.RgbImage;
import java.util.List;

/**
 * A batch of images, as the decoder made them and as a client gets them.
 *
 * @param pixels float [B, 3, H, W] in [-1, 1]
 * @param images the same, rounded to 8 bits
 */
public record Pictures(NDArray pixels, List<RgbImage> images) {
}
