package io.advunlearn.service.admin;

import ai.djl.ndarray.types.DataType;
import io.advunlearn.checkpoint.Checkpoint;
import io.advunlearn.checkpoint.CheckpointPart;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.MemoryChecksum;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderManifest;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Compares the text encoders in memory with what they must be: a registered one with its manifest, where the pipeline computes in another format than
 * the file has with the file's tensors in that format, after these were compared with the manifest; the base encoder with the model's own file.
 */
final class TextEncoderChecksums {

    private final EncoderRegistry registry;

    TextEncoderChecksums(EncoderRegistry registry) {
        this.registry = registry;
    }

    /** SHA-256 by tensor, or why there is nothing to compare with. */
    private record Expected(Map<String, String> tensors, String problem) {

        static Expected none(String problem) {
            return new Expected(Map.of(), problem);
        }
    }

    /** One tensor of the answer. @param expected {@code null} if unknown */
    private record Tensor(String name, String sha256, String expected, boolean matches) { }

    Map<String, Object> of(ServedPipeline served) {
        TextToImagePipeline pipeline = served.pipeline();
        Map<String, Object> members = members(served, pipeline.slot().checksum(), CheckpointPart.TEXT_ENCODER);
        pipeline.secondSlot().ifPresent(
                second -> members.put(PipelineState.TEXT_ENCODER_2, members(served, second.checksum(), CheckpointPart.TEXT_ENCODER_2)));
        return members;
    }

    private Map<String, Object> members(ServedPipeline served, MemoryChecksum memory, CheckpointPart part) {
        Expected expected = ComponentSnapshot.BASE_ID.equals(memory.encoder()) ? ofModel(served, memory, part) : ofRegistry(memory);
        List<Tensor> tensors = new ArrayList<>();
        memory.tensors().forEach((name, sha256) -> {
            String promised = expected.tensors.get(name);
            tensors.add(new Tensor(name, sha256, promised, sha256.equals(promised)));
        });
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("encoder", memory.encoder());
        members.put("digest", memory.digest());
        members.put("generation", memory.generation());
        members.put("dtype", memory.type().name().toLowerCase(Locale.ROOT));
        members.put("matches", expected.problem == null && tensors.stream().allMatch(Tensor::matches));
        if (expected.problem != null) {
            members.put("problem", expected.problem);
        }
        members.put("total", memory.total());
        members.put("millis", memory.millis());
        members.put("tensors", tensors);
        return members;
    }

    private Expected ofRegistry(MemoryChecksum memory) {
        String id = memory.encoder();
        try {
            EncoderManifest manifest = registry.encoder(id).orElse(null);
            if (manifest == null || !manifest.digest().equals(memory.digest())) {
                return Expected.none("the registry has no encoder '" + id + "' of these weights any more");
            }
            try (Safetensors file = Safetensors.open(registry.directory(id).resolve("model.safetensors"))) {
                Map<String, String> tensors = new LinkedHashMap<>();
                memory.tensors().keySet().forEach(name -> tensors.put(name, promised(manifest, file, name, memory.type())));
                tensors.values().removeIf(Objects::isNull);
                return new Expected(tensors, null);
            }
        } catch (RegistryException | SafetensorsException e) {
            return Expected.none("the registry's encoder '" + id + "' cannot be read any more");
        }
    }

    /** {@code null} if the file is not what the manifest says. */
    private static String promised(EncoderManifest manifest, Safetensors file, String name, DataType type) {
        EncoderManifest.TensorInfo info = manifest.tensors().get(name);
        if (info == null || file.isStoredAs(name, type)) {
            return info == null ? null : info.sha256();
        }
        return file.sha256(name).equals(info.sha256()) ? file.sha256(name, type) : null;
    }

    private static Expected ofModel(ServedPipeline served, MemoryChecksum memory, CheckpointPart part) {
        try (Checkpoint model = Checkpoint.open(served.settings().modelDirectory(), served.settings().checkpoint()); TensorSource file = model.tensors(part)) {
            if (!file.digest().equals(memory.digest())) {
                return Expected.none("the model's own file was changed since it was loaded");
            }
            Map<String, String> tensors = new LinkedHashMap<>();
            memory.tensors().keySet().forEach(name -> tensors.put(name, file.sha256(name, memory.type())));
            return new Expected(tensors, null);
        } catch (IllegalArgumentException | SafetensorsException e) {
            return Expected.none("the model's own file cannot be read any more");
        }
    }
}
