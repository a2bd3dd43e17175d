package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.service.json.AcceptHeader;
import io.advunlearn.service.json.Answer;
import java.util.Map;

/** The image itself, for clients that send {@code Accept: image/png}. */
public final class PngAnswer {

    static final String ENCODER_HEADER = "X-Encoder-Version";
    private static final String SEED_HEADER = "X-Seed";

    private PngAnswer() {
    }

    /**
     * Whether the client prefers PNG bytes to JSON.
     *
     * @param accept the request's {@code Accept}, may be null
     */
    static boolean wanted(String accept) {
        for (String range : AcceptHeader.ranges(accept)) {
            if (range.equals("*/*") || range.equals("application/*") || range.equals("application/json")) {
                return false;
            }
            if (range.equals("image/*") || range.equals("image/png")) {
                return true;
            }
        }
        return false;
    }

    static Answer of(GenerationResult result, GenerationRequest request) {
        return new Answer(200, "image/png", Map.of(), png(result, 0, request)).with(ENCODER_HEADER, result.encoderVersion())
                .with(SEED_HEADER, request.seeds().get(0).toString());
    }

    /** The PNG of one image, with what made it in its text chunks. */
    public static byte[] png(GenerationResult result, int index, GenerationRequest request) {
        return result.images().get(index).toPng(Map.of(ENCODER_HEADER, result.encoderVersion(), "Seed", request.seeds().get(index).toString()));
    }
}
