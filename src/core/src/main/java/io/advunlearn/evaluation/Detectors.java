package io.advunlearn.evaluation;

import ai.djl.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The judges of a model directory: {@code detector/} and, if present, {@code detector-b/}. */
public final class Detectors {

    private static final String FIRST = "detector";
    private static final String SECOND = "detector-b";

    private Detectors() {
    }

    /**
     * @param modelDirectory a diffusers directory with at least {@code detector/}
     * @param device where the judges' weights live, {@code null} for the engine's default
     * @throws IllegalArgumentException naming the file and the reason
     */
    public static JudgePair load(Path modelDirectory, Device device) {
        List<String> names = new ArrayList<>();
        List<Detector> detectors = new ArrayList<>();
        try {
            for (String name : List.of(FIRST, SECOND)) {
                if (name.equals(FIRST) || Files.isDirectory(modelDirectory.resolve(name))) {
                    detectors.add(detector(modelDirectory.resolve(name), device));
                    names.add(name);
                }
            }
            return new JudgePair(names, detectors);
        } catch (RuntimeException e) {
            detectors.forEach(Detector::close);
            throw e;
        }
    }

    private static Detector detector(Path directory, Device device) {
        DetectorConfig config = DetectorConfig.read(directory.resolve("config.json"));
        Path weights = directory.resolve("model.safetensors");
        // A configuration with patches is a transformer's, one with a list of layers a convolutional network's.
        return new TwoHeadedDetector(config, weights, device, config.json().has("patch_size") ? VitFeatures::new : ConvFeatures::new);
    }
}
