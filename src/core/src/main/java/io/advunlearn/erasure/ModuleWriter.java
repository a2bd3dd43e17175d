package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes CLIPTextModel and UNet2DConditionModel folders that {@code from_pretrained} of transformers and diffusers loads. */
final class ModuleWriter {

    private ModuleWriter() {
    }

    /**
     * @param config the base module's configuration
     * @param file name of the weights file
     * @param stateDict tensors by state-dict name
     */
    static void write(Path folder, ConfigFile config, String file, Map<String, NDArray> stateDict) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), config.json());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        writeTensors(folder.resolve(file), stateDict, Map.of("format", "pt"));
    }

    /** Writes fp32 tensors read back from the device. */
    static void writeTensors(Path file, Map<String, NDArray> tensors, Map<String, String> metadata) {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            values.put(name, Tensors.floats(tensor));
            shapes.put(name, tensor.getShape().getShape());
        });
        Safetensors.write(file, values, shapes, metadata);
    }
}
