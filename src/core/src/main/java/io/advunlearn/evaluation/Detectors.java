package io.advunlearn.evaluation;

import ai.djl.Device;
import java.nio.file.Path;

/** The judges of a model directory: {@code detector/} and, if present, {@code detector-b/}. */
public final class Detectors {

    private Detectors() {
    }

    /**
     * @param modelDirectory a diffusers directory with at least {@code detector/}
     * @throws IllegalArgumentException naming the file and the reason
     */
    public static JudgePair load(Path modelDirectory, Device device) {
        throw new IllegalStateException("being written");
    }
}
