package io.advunlearn.gpu;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.EncoderLoader;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An encoder that reads church as horse, registered with what the CPU makes of it. */
final class OtherEncoder {

    private static final String EMBEDDING = "text_model.embeddings.token_embedding.weight";

    private OtherEncoder() {
    }

    /** @param folder for the files and the registry */
    static ComponentSource register(Path folder) {
        Path encoder = write(folder.resolve("horse"));
        FileEncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "replica-1");
        float[] reference = EncoderLoader.of(Both.cpu().components()).referenceOutput(encoder, Both.PROMPT);
        return registry.register(encoder, new EncoderRegistry.Registration("horse", Both.cpu().components().baseDigest(), "base", List.of("church"),
                "imported", "tester", Both.PROMPT, reference)).source(registry.directory("horse"));
    }

    private static Path write(Path target) {
        Path base = BundledModel.directory().resolve("text_encoder");
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(base.resolve("model.safetensors"))) {
            Files.createDirectories(target);
            Files.copy(base.resolve("config.json"), target.resolve("config.json"));
            file.tensors().forEach((name, info) -> {
                values.put(name, file.floats(name));
                shapes.put(name, info.shape());
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int hidden = (int) shapes.get(EMBEDDING)[1];
        float[] table = values.get(EMBEDDING);
        System.arraycopy(table, token("horse") * hidden, table, token("church") * hidden, hidden);
        Safetensors.write(target.resolve("model.safetensors"), values, shapes, Map.of("format", "pt"));
        return target;
    }

    private static int token(String word) {
        return Both.cpu().components().tokenizer().encode(word).ids()[1];
    }
}
