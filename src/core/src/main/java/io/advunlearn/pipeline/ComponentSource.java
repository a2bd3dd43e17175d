package io.advunlearn.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A text encoder or a UNet on disk and what it must turn out to be once it is in memory.
 *
 * @param id its id
 * @param directory CLIPTextModel or UNet2DConditionModel folder: {@code config.json} and the weights file
 * @param digest SHA-256 of the weights file, hex
 * @param erasures concepts its lineage erased, oldest first
 * @param tensorDigests SHA-256 of every tensor's stored bytes, by name
 * @param referencePrompt prompt encoded after loading; {@code null} for a fixed one
 * @param referenceOutput the first values of the last hidden state at the EOS position for that prompt; empty if unknown
 */
public record ComponentSource(String id, Path directory, String digest, List<String> erasures, Map<String, String> tensorDigests,
        String referencePrompt, float[] referenceOutput) {

    public ComponentSource {
        erasures = List.copyOf(erasures);
        tensorDigests = Map.copyOf(tensorDigests);
        referenceOutput = referenceOutput == null ? new float[0] : referenceOutput.clone();
    }
}
