package io.advunlearn.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.advunlearn.tensor.Sha256;
import java.nio.charset.StandardCharsets;

/** Tells whether two erasures would do the same work. */
final class Fingerprint {

    private Fingerprint() {
    }

    /** SHA-256 of the request, the resolved settings and the base encoder's digest, hex. */
    static String of(ErasureRequest request, MethodSettings settings, String baseDigest) {
        try {
            String json = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build()
                    .writeValueAsString(new Object[] {request.concept(), request.kind(), request.method(), request.seed(), settings, baseDigest});
            return Sha256.of(json.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
