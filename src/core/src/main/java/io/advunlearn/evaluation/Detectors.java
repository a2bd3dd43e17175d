package io.advunlearn.evaluation;

import ai.djl.Device;
import io.advunlearn.model.ConfigFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The judges of a model: those of a file in YAML, or else of {@code detectors.yaml} in the model directory, or else the model's own networks in
 * {@code detector/} and, if present, {@code detector-b/}. The README describes the file.
 */
public final class Detectors {

    /** File name in a model directory. */
    public static final String FILE = "detectors.yaml";

    private static final String BUNDLED = "bundled";
    private static final String FIRST = "detector";
    private static final String SECOND = "detector-b";

    private Detectors() {
    }

    /** The judges of the model directory. */
    public static JudgePanel load(Path modelDirectory, Device device) {
        return load(modelDirectory, Optional.empty(), device);
    }

    /**
     * @param modelDirectory a diffusers directory
     * @param file a file of judges that goes before the model's own
     * @param device where the judges' weights live, {@code null} for the engine's default
     * @throws IllegalArgumentException naming the file, the field and what is accepted
     */
    public static JudgePanel load(Path modelDirectory, Optional<Path> file, Device device) {
        Optional<Path> chosen = chosen(modelDirectory, file);
        List<Detector> detectors = new ArrayList<>();
        try {
            if (chosen.isPresent()) {
                configured(chosen.get(), modelDirectory, device, detectors);
            } else {
                bundled(modelDirectory, device, detectors);
            }
            return new JudgePanel(detectors);
        } catch (RuntimeException e) {
            detectors.forEach(Detector::close);
            throw e;
        }
    }

    /** The file of judges that is used, if any. */
    static Optional<Path> chosen(Path modelDirectory, Optional<Path> file) {
        return file.isPresent() ? file : Optional.of(modelDirectory.resolve(FILE)).filter(Files::isRegularFile);
    }

    /**
     * For a quick answer before anything else is loaded.
     *
     * @throws IllegalArgumentException if no judge knows the concept, listing what they know, or if the judges cannot be loaded
     */
    public static void requireKnown(Path modelDirectory, Optional<Path> file, String kind, String concept) {
        try (JudgePanel judges = load(modelDirectory, file, Device.cpu())) {
            judges.requireKnown(kind, concept);
        }
    }

    /** The same for the same file of judges; {@code bundled} without one. */
    static String fingerprint(Path modelDirectory, Optional<Path> file) {
        return chosen(modelDirectory, file).map(path -> {
            try {
                return UUID.nameUUIDFromBytes(Files.readAllBytes(path)).toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).orElse(BUNDLED);
    }

    private static void configured(Path path, Path modelDirectory, Device device, List<Detector> detectors) {
        ConfigFile file = ConfigFile.readYaml(path);
        List<ConfigFile> sections = file.sections("detectors");
        // What else a file may say is read by ImageMeters.
        file.ignore("features", "clip_score");
        file.refuseUnknown();
        if (sections.isEmpty()) {
            throw file.refuse("detectors", "missing", "a list of at least one judge");
        }
        for (ConfigFile section : sections) {
            switch (section.text("type", "", BUNDLED, "onnx", "clip")) {
                case BUNDLED -> bundled(section.has("directory") ? section.existing("directory") : modelDirectory, device, detectors);
                case "onnx" -> detectors.add(OnnxDetector.load(section));
                case "clip" -> detectors.add(ClipDetector.load(section, device));
                default -> throw section.refuse("type", "missing", "bundled, onnx, clip");
            }
            section.refuseUnknown();
        }
    }

    private static void bundled(Path directory, Device device, List<Detector> detectors) {
        for (String name : List.of(FIRST, SECOND)) {
            if (name.equals(FIRST) || Files.isDirectory(directory.resolve(name))) {
                detectors.add(network(name, directory.resolve(name), device));
            }
        }
    }

    private static Detector network(String name, Path directory, Device device) {
        DetectorConfig config = DetectorConfig.read(directory.resolve("config.json"));
        Path weights = directory.resolve("model.safetensors");
        // A configuration with patches is a transformer's, one with a list of layers a convolutional network's.
        return new TwoHeadedDetector(name, config, weights, device, config.json().has("patch_size") ? VitFeatures::new : ConvFeatures::new);
    }
}
