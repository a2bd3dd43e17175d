package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The text encoder that came with a model directory.
 *
 * @param model the network
 * @param digest SHA-256 of its weights file, hex
 */
record BaseEncoder(ClipTextModel model, String digest) {

    static BaseEncoder load(Path folder, NDManager manager, Device device) {
        Path file = folder.resolve("model.safetensors");
        try (Safetensors tensors = Safetensors.open(file)) {
            ClipTextConfig config = ClipTextConfig.read(folder.resolve("config.json"));
            return new BaseEncoder(new ClipTextModel(config, Weights.load(tensors, manager, device)), Sha256.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
