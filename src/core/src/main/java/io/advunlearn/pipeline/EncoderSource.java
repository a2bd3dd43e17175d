package io.advunlearn.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An encoder on disk and what it must turn out to be once it is in memory.
 *
 * @param id encoder id
 * @param directory CLIPTextModel folder: {@code config.json}, {@code model.safetensors}
 * @param digest SHA-256 of {@code model.safetensors}, hex
 * @param erasures concepts its lineage erased, oldest first
 * @param tensorDigests SHA-256 of every tensor's stored bytes, by name
 * @param referencePrompt prompt encoded after loading; {@code null} for a fixed one
 * @param referenceOutput the first values of the last hidden state at the EOS position for that prompt; empty if unknown
 */
public record EncoderSource(String id, Path directory, String digest, List<String> erasures, Map<String, String> tensorDigests,
        String referencePrompt, float[] referenceOutput) {

    public EncoderSource {
        erasures = List.copyOf(erasures);
        tensorDigests = Map.copyOf(tensorDigests);
        referenceOutput = referenceOutput == null ? new float[0] : referenceOutput.clone();
    }
}
