package io.advunlearn.quarkus.test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A text encoder with every weight scaled: valid, and visibly another one. */
public final class ScaledEncoder {

    private ScaledEncoder() {
    }

    /**
     * @param source a CLIPTextModel folder with weights in fp32
     * @param factor of every weight, near 1
     * @return {@code target}, which is created
     */
    public static Path of(Path source, Path target, float factor) throws IOException {
        Files.createDirectories(target);
        Files.copy(source.resolve("config.json"), target.resolve("config.json"));
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(source.resolve("model.safetensors"))).order(ByteOrder.LITTLE_ENDIAN);
        int data = (int) (Long.BYTES + file.getLong(0));
        for (int i = data; i < file.capacity(); i += Float.BYTES) {
            file.putFloat(i, file.getFloat(i) * factor);
        }
        Files.write(target.resolve("model.safetensors"), file.array());
        return target;
    }
}
