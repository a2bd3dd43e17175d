package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Which network was measured: SHA-256 over names and fp32 values of its tensors in order of name, as they are on the device. */
final class WeightsDigest {

    private WeightsDigest() {
    }

    /** @param networks one after the other */
    static String of(Weights... networks) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every JDK", e);
        }
        for (Weights network : networks) {
            for (Map.Entry<String, NDArray> tensor : new TreeMap<>(network.asMap()).entrySet()) {
                digest.update(tensor.getKey().getBytes(StandardCharsets.UTF_8));
                float[] values = Tensors.floats(tensor.getValue());
                ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                digest.update(bytes.array());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
