package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes CLIPTextModel folders that transformers' {@code from_pretrained} loads. */
final class EncoderWriter {

    private EncoderWriter() {
    }

    /**
     * @param config the base encoder's config.json, copied
     * @param stateDict tensors by transformers' names
     */
    static void write(Path folder, Path config, Map<String, NDArray> stateDict) {
        try {
            Files.createDirectories(folder);
            Files.copy(config, folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        writeTensors(folder.resolve("model.safetensors"), stateDict, Map.of("format", "pt"));
    }

    /** Writes fp32 tensors read back from the device. */
    static void writeTensors(Path file, Map<String, NDArray> tensors, Map<String, String> metadata) {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            values.put(name, tensor.toFloatArray());
            shapes.put(name, tensor.getShape().getShape());
        });
        Safetensors.write(file, values, shapes, metadata);
    }
}
