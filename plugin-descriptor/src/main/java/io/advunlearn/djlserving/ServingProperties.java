package io.advunlearn.djlserving;

import ai.djl.Device;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.service.filter.FilterSettings;
import io.advunlearn.service.serving.PipelineSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The pipeline's settings in {@code serving.properties}: {@code pipeline} (its name; the model folder's by default); {@code checkpoint} (one
 * {@code .safetensors} file to read instead of the folder), {@code variant}, {@code tokenizer}, {@code dtype}, {@code vae_tiling} and
 * {@code text_encoder_device} as the gateway has them; {@code encoder}, {@code text_encoder_2}, {@code required_erasures} (separated by commas),
 * {@code enforce}, {@code num_inference_steps}, {@code guidance_scale} and {@code detectors} (a file of judges). Paths are relative to the model
 * folder. The device is the one that DJL Serving loads the model on.
 */
final class ServingProperties {

    private static final String GATE = "gate.";
    private static final int MAX_STEPS = 1000;

    private final Path modelDirectory;
    private final Device device;
    private final Map<String, ?> arguments;

    /** @param device where DJL Serving loads the model */
    ServingProperties(Path modelDirectory, Device device, Map<String, ?> arguments) {
        this.modelDirectory = modelDirectory;
        this.device = device;
        this.arguments = arguments;
    }

    String name() {
        return text("pipeline").orElseGet(() -> modelDirectory.getFileName().toString());
    }

    /** @throws IllegalArgumentException naming the property and what is accepted */
    PipelineSettings settings() {
        List<String> required = list("required_erasures").orElse(List.of());
        return new PipelineSettings(path("checkpoint").orElse(modelDirectory), checkpoint(), deviceName(), text("encoder"), text("text_encoder_2"), required,
                bool("enforce", true), integer("num_inference_steps", PipelineSettings.DEFAULT_STEPS, 1, MAX_STEPS),
                number("guidance_scale", PipelineSettings.DEFAULT_GUIDANCE, GenerationRequest.MIN_GUIDANCE, GenerationRequest.MAX_GUIDANCE),
                PipelineTuning.SERVING, path("detectors"), gates()).with(filter());
    }

    private Optional<FilterSettings> filter() {
        FilterSettings.Action action = switch (text("output_filter.action").orElse("withhold")) {
            case "withhold" -> FilterSettings.Action.WITHHOLD;
            case "mark" -> FilterSettings.Action.MARK;
            default -> throw new IllegalArgumentException("output_filter.action must be withhold or mark, not " + text("output_filter.action").orElse(""));
        };
        return list("output_filter.concepts").map(concepts -> new FilterSettings(concepts, path("output_filter.detectors"), text("output_filter.detector"),
                number("output_filter.threshold", 0, 0, 1), action));
    }

    /** Separated by commas. */
    private Optional<List<String>> list(String name) {
        return text(name).map(names -> Stream.of(names.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList());
    }

    private CheckpointOptions checkpoint() {
        return new CheckpointOptions(text("variant").orElse(null), path("tokenizer").orElse(null),
                Dtype.of("dtype", text("dtype").orElse("float32")), VaeTiling.of("vae_tiling", text("vae_tiling").orElse("auto")),
                text("text_encoder_device").orElse(null));
    }

    private Gates gates() {
        Map<String, String> gates = new TreeMap<>();
        arguments.forEach((name, value) -> {
            if (name.startsWith(GATE)) {
                gates.put(name.substring(GATE.length()), value.toString());
            }
        });
        return Gates.parse(gates);
    }

    private String deviceName() {
        return device.isGpu() ? device.getDeviceType() + device.getDeviceId() : device.getDeviceType();
    }

    /** Relative to the model folder. */
    private Optional<Path> path(String name) {
        return text(name).map(modelDirectory::resolve);
    }

    private Optional<String> text(String name) {
        return Optional.ofNullable(arguments.get(name)).map(value -> value.toString().strip()).filter(value -> !value.isEmpty());
    }

    private boolean bool(String name, boolean fallback) {
        Optional<String> text = text(name);
        if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
            throw new IllegalArgumentException(name + " must be true or false, not " + text.get());
        }
        return text.map(Boolean::parseBoolean).orElse(fallback);
    }

    private int integer(String name, int fallback, int low, int high) {
        double value = number(name, fallback, low, high);
        if (value != Math.rint(value)) {
            throw new IllegalArgumentException(name + " must be an integer, not " + value);
        }
        return (int) value;
    }

    private double number(String name, double fallback, double low, double high) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            double value = Double.parseDouble(text.get());
            if (value >= low && value <= high) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Answered below.
        }
        throw new IllegalArgumentException(name + " must be a number from " + low + " to " + high + ", not " + text.get());
    }
}
