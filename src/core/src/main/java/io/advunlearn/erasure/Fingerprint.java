package io.advunlearn.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.advunlearn.tensor.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tells whether two erasures would do the same work. */
final class Fingerprint {

    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

    private Fingerprint() {
    }

    /** SHA-256 of the request, the resolved settings, the base encoder's digest and the starting encoder's, hex. */
    static String of(ErasureRequest request, MethodSettings settings, String baseDigest) {
        return hash(Arrays.asList(request.concepts(), request.retain(), request.method(), request.seed(), settings, baseDigest,
                request.start().digest(), request.start().lineage()));
    }

    /** SHA-256 of resolved settings, hex. */
    static String of(MethodSettings settings) {
        return hash(settings);
    }

    private static String hash(Object value) {
        try {
            return Sha256.of(JSON.writeValueAsString(value).getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
