package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes CLIPTextModel and UNet2DConditionModel folders that {@code from_pretrained} of transformers and diffusers loads. */
final class ModuleWriter {

    private ModuleWriter() {
    }

    /**
     * @param config the base module's config.json, copied
     * @param file name of the weights file
     * @param stateDict tensors by state-dict name
     */
    static void write(Path folder, Path config, String file, Map<String, NDArray> stateDict) {
        try {
            Files.createDirectories(folder);
            Files.copy(config, folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
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
