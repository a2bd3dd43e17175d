package io.advunlearn.service.images;

import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.util.List;
import java.util.Set;

/**
 * The fields of an image request that say how the answer is wanted, not what is drawn.
 *
 * @param format {@code output_format}, {@code null} if not said
 * @param compression JPEG's quality, 0 to 100
 * @param stream whether the answer is server-sent events
 * @param partialImages images to be sent before the final one, 0 to 3
 */
record OutputFields(String format, int compression, boolean stream, int partialImages) {

    static final Set<String> NAMES = Set.of("response_format", "output_format", "output_compression", "quality", "style", "background", "moderation", "stream",
            "partial_images");

    private static final int MAX_CHARACTERS = 200;
    private static final int BEST = 100;
    private static final int MOST_PARTIAL_IMAGES = 3;

    /** @throws FieldException naming the field and what is accepted */
    static OutputFields parse(JsonFields fields) {
        checkResponseFormat(fields);
        only(fields, "quality", List.of("auto", "standard"), "num_inference_steps says how long an image is drawn");
        only(fields, "style", List.of("auto"), "the prompt says the style");
        only(fields, "background", List.of("auto", "opaque"), "images have no transparency");
        only(fields, "moderation", List.of("auto"), "no request weakens what this server withholds");
        String format = fields.oneOf("output_format", ImageFormat.NAMES);
        boolean stream = fields.bool("stream", false);
        return new OutputFields(format, compression(fields, format), stream, partialImages(fields, stream));
    }

    private static void checkResponseFormat(JsonFields fields) {
        String format = fields.text("response_format", MAX_CHARACTERS);
        if ("url".equals(format)) {
            throw new FieldException("response_format", "unsupported_value",
                    "response_format url is not supported, since images are not stored; use b64_json, or the header Accept: image/png");
        }
        fields.oneOf("response_format", List.of("b64_json"));
    }

    /** For fields whose other values mean something that nobody would do: better refused than ignored. */
    private static void only(JsonFields fields, String field, List<String> accepted, String reason) {
        String value = fields.text(field, MAX_CHARACTERS);
        if (value != null && !accepted.contains(value)) {
            throw new FieldException(field, "unsupported_value", field + " must be left out or be " + String.join(" or ", accepted) + ": " + reason);
        }
    }

    private static int compression(JsonFields fields, String format) {
        Long compression = fields.integer("output_compression", 0, BEST);
        if (compression != null && compression != BEST && ImageFormat.PNG.equals(format)) {
            throw new FieldException("output_compression", "invalid_value", "output_compression must be 100 with output_format png, which loses nothing");
        }
        return compression == null ? BEST : compression.intValue();
    }

    private static int partialImages(JsonFields fields, boolean stream) {
        Long images = fields.integer("partial_images", 0, MOST_PARTIAL_IMAGES);
        if (images != null && images > 0 && !stream) {
            throw new FieldException("partial_images", "invalid_value", "partial_images must be 0 or be left out without stream");
        }
        return images == null ? 0 : images.intValue();
    }
}
