package io.advunlearn.service.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Pixels of the images that a pipeline makes.
 *
 * @param width pixels
 * @param height pixels
 */
public record ImageSize(int width, int height) {

    /**
     * The size for which a diffusers model was trained: the denoiser's {@code sample_size} times the decoder's upsampling,
     * which doubles once a block but the first.
     *
     * @throws IllegalArgumentException if a configuration file lacks a field
     */
    public static ImageSize of(Path modelDirectory) {
        int latents = read(modelDirectory.resolve("unet").resolve("config.json"), "sample_size").asInt();
        int blocks = read(modelDirectory.resolve("vae").resolve("config.json"), "block_out_channels").size();
        int pixels = latents << (blocks - 1);
        return new ImageSize(pixels, pixels);
    }

    private static JsonNode read(Path file, String field) {
        try {
            JsonNode value = new ObjectMapper().readTree(file.toFile()).get(field);
            if (value == null) {
                throw new IllegalArgumentException(file + " has no field " + field);
            }
            return value;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
