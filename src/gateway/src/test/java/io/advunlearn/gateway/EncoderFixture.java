package io.advunlearn.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Encoder folders for tests. */
public final class EncoderFixture {

    private EncoderFixture() {
    }

    /** Where the tests' models are. */
    static Path model() {
        return Path.of(System.getProperty("advunlearn.models"), "emoji-sd");
    }

    /** A copy of the model's own text encoder with every weight scaled: valid, and visibly another encoder. */
    public static Path scaled(Path target, float factor) throws IOException {
        Path source = model().resolve("text_encoder");
        Files.createDirectories(target);
        Files.copy(source.resolve("config.json"), target.resolve("config.json"));
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(source.resolve("model.safetensors"))).order(ByteOrder.LITTLE_ENDIAN);
        int data = (int) (8 + file.getLong(0));
        for (int i = data; i < file.capacity(); i += Float.BYTES) {
            file.putFloat(i, file.getFloat(i) * factor);
        }
        Files.write(target.resolve("model.safetensors"), file.array());
        return target;
    }

    /** The smallest erasure that goes through every phase. */
    public static final String TINY_ERASURE = """
            {"iterations": 4, "warmupIterations": 2, "bankStarts": 2, "retainStarts": 2, "bankSteps": 4, "eraseBatch": 2,
             "retainBatch": 2, "attackSteps": 1, "checkpointInterval": 1}""";
}
