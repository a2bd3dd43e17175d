package io.advunlearn.evaluation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Map;

/**
 * What was measured on one image besides the judges' view.
 *
 * @param features by the extractor's name: fp32 values, little-endian, in Base64
 * @param clipScore cosine of the image's and its prompt's CLIP embeddings, {@code null} without a CLIP model
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ImageMeasures(Map<String, String> features, Double clipScore) {

    static String encode(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    float[] vector(String extractor) {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(features.get(extractor))).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }
}
