package io.advunlearn.gateway;

import io.advunlearn.quarkus.test.ScaledEncoder;
import java.io.IOException;
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
        return ScaledEncoder.of(model().resolve("text_encoder"), target, factor);
    }

    /** The smallest erasure that goes through every phase. */
    public static final String TINY_ERASURE = """
            {"iterations": 4, "warmupIterations": 2, "bankStarts": 2, "retainStarts": 2, "bankSteps": 4, "eraseBatch": 2,
             "retainBatch": 2, "attackSteps": 1, "checkpointInterval": 1}""";
}
