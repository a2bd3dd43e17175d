package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.RgbImage;
import java.util.List;
import java.util.Map;

/**
 * How images are encoded.
 *
 * @param name {@code png} or {@code jpeg}
 * @param compression JPEG's quality, 0 to 100; PNG loses nothing
 */
public record ImageFormat(String name, int compression) {

    public static final String PNG = "png";
    public static final String JPEG = "jpeg";
    /** The header, and the keyword in an image's file, that say which encoders drew it. */
    static final String ENCODER = "X-Encoder-Version";

    static final List<String> NAMES = List.of(PNG, JPEG);

    String mediaType() {
        return "image/" + name;
    }

    /** One image of a request, with what made it in PNG's text chunks or JPEG's comments. */
    public byte[] encode(GenerationResult result, int index, GenerationRequest request) {
        return encode(result.images().get(index), result.encoderVersion(), request.seeds().get(index));
    }

    /** @param version of the encoders that drew it */
    byte[] encode(RgbImage image, String version, long seed) {
        Map<String, String> text = Map.of(ENCODER, version, "Seed", Long.toString(seed));
        return name.equals(JPEG) ? image.toJpeg(compression, text) : image.toPng(text);
    }
}
