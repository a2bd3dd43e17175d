package io.advunlearn.pipeline;

import io.advunlearn.TestDevice;
import java.nio.file.Path;

/** The bundled model for tests: loaded once a JVM, shared, never closed. */
public final class BundledModel {

    private static TextToImagePipeline pipeline;

    private BundledModel() {
    }

    /** The model's directory, from the system property {@code advunlearn.models} that the build sets. */
    public static Path directory() {
        return Path.of(System.getProperty("advunlearn.models", "../../models")).resolve("emoji-sd");
    }

    /** A pipeline with the base encoder active. Tests that swap encoders load their own. */
    public static synchronized TextToImagePipeline pipeline() {
        if (pipeline == null) {
            pipeline = TextToImagePipeline.load("emoji-sd", directory(), TestDevice.any());
        }
        return pipeline;
    }
}
