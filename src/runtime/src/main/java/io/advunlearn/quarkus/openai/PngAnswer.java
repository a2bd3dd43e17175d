package io.advunlearn.quarkus.openai;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;

/** The image itself, for clients that send {@code Accept: image/png}. */
final class PngAnswer {

    static final String ENCODER_HEADER = "X-Encoder-Version";
    private static final String SEED_HEADER = "X-Seed";

    private PngAnswer() {
    }

    /** Whether the client prefers PNG bytes to JSON. */
    static boolean wanted(HttpHeaders headers) {
        for (MediaType type : headers.getAcceptableMediaTypes()) {
            if (type.isWildcardType() || type.isCompatible(MediaType.APPLICATION_JSON_TYPE)) {
                return false;
            }
            if (type.getType().equals("image") && (type.isWildcardSubtype() || type.getSubtype().equals("png"))) {
                return true;
            }
        }
        return false;
    }

    static Response of(GenerationResult result, GenerationRequest request) {
        return Response.ok(png(result, 0, request), "image/png").header(ENCODER_HEADER, version(result))
                .header(SEED_HEADER, request.seeds().get(0)).build();
    }

    /** The PNG of one image, with what made it in its text chunks. */
    static byte[] png(GenerationResult result, int index, GenerationRequest request) {
        return result.images().get(index).toPng(Map.of(ENCODER_HEADER, version(result), "Seed", request.seeds().get(index).toString()));
    }

    /** Which encoder made it: an id alone could be reused by another registry. */
    static String version(GenerationResult result) {
        return result.encoderId() + "@" + result.encoderDigest();
    }
}
