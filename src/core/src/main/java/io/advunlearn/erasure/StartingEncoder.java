package io.advunlearn.erasure;

import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.EncoderLayout;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Loads the encoder that an erasure starts from. */
final class StartingEncoder {

    private StartingEncoder() {
    }

    /**
     * @param manager owns the weights, unless it is the base encoder
     * @throws IllegalArgumentException if it does not fit the pipeline or is not what its digest says
     */
    static ClipTextModel load(ErasureStart start, PipelineComponents components, NDManager manager) {
        if (start.isBase()) {
            return components.baseEncoder();
        }
        if (start.baseDigest() != null && !start.baseDigest().equals(components.baseDigest())) {
            throw new IllegalArgumentException("from: encoder '" + start.id() + "' descends from another base encoder than this pipeline's");
        }
        Path weights = start.encoder().resolve("model.safetensors");
        try (Safetensors file = Safetensors.open(weights)) {
            ClipTextConfig architecture = components.baseEncoder().config();
            EncoderLayout.checkArchitecture(architecture, ClipTextConfig.read(start.encoder().resolve("config.json")));
            EncoderLayout.check(file, architecture);
            if (!Sha256.of(weights).equals(start.digest())) {
                throw new IllegalArgumentException("from: model.safetensors of encoder '" + start.id() + "' is not the file that was registered");
            }
            return new ClipTextModel(architecture, Weights.load(file, manager, components.device()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
