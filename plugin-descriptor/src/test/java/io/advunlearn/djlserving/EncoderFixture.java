package io.advunlearn.djlserving;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Encoder folders for tests. */
final class EncoderFixture {

    /** The smallest erasure that goes through every phase. */
    static final String TINY_ERASURE = """
            {"iterations": 4, "warmupIterations": 2, "bankStarts": 2, "retainStarts": 2, "bankSteps": 4, "eraseBatch": 2,
             "retainBatch": 2, "attackSteps": 1, "checkpointInterval": 1}""";

    private EncoderFixture() {
    }

    /** A copy of a text encoder with every weight scaled: valid, and visibly another encoder. */
    static void scaled(Path source, Path target, float factor) throws IOException {
        Files.createDirectories(target);
        Files.copy(source.resolve("config.json"), target.resolve("config.json"));
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(source.resolve("model.safetensors"))).order(ByteOrder.LITTLE_ENDIAN);
        int data = (int) (8 + file.getLong(0));
        for (int i = data; i < file.capacity(); i += Float.BYTES) {
            file.putFloat(i, file.getFloat(i) * factor);
        }
        Files.write(target.resolve("model.safetensors"), file.array());
    }
}
