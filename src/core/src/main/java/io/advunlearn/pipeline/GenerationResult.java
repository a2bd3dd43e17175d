package io.advunlearn.pipeline;

import java.util.List;

/**
 * The images of one request and what made them.
 *
 * @param images in the order of the request's seeds
 * @param encoderId id of the encoder snapshot the request held from its first to its last step
 * @param encoderDigest SHA-256 of that encoder's weights file, hex
 * @param generation the slot's generation at the time
 * @param textEncoder2 the second text encoder held as long, {@code null} in families with one
 * @param unetId id of the UNet snapshot the request held as long, {@code base} for the model's own
 * @param unetDigest SHA-256 of that UNet's weights file, hex
 * @param cutPrompt the part of the prompt that did not fit the encoder's window, {@code ""} if all fitted
 */
public record GenerationResult(List<RgbImage> images, String encoderId, String encoderDigest, long generation, EncoderVersion textEncoder2,
        String unetId, String unetDigest, String cutPrompt) {

    /** The same with other images. */
    public GenerationResult with(List<RgbImage> others) {
        return new GenerationResult(others, encoderId, encoderDigest, generation, textEncoder2, unetId, unetDigest, cutPrompt);
    }

    /** Which text encoders drew it, {@code <id>@<digest>}; two, in SDXL, are separated by {@code ", "}. An id alone could be reused by another registry. */
    public String encoderVersion() {
        return new EncoderVersion(encoderId, encoderDigest, generation).with(textEncoder2);
    }
}
