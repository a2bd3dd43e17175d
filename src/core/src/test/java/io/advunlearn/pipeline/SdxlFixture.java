package io.advunlearn.pipeline;

import ai.djl.Device;
import io.advunlearn.FamilyFixture;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A tiny SDXL checkpoint with random weights on disk, and text encoders that fit it. */
public final class SdxlFixture {

    /** The parts of a pipeline that are text encoders, by what reads them. */
    private static final Map<String, String> CLASSES = Map.of("text_encoder", "CLIPTextModel", "text_encoder_2", "CLIPTextModelWithProjection");

    private final Path model;
    private final Path candidates;

    public SdxlFixture(Path folder) {
        model = folder.resolve("tiny-sdxl");
        candidates = folder.resolve("candidates");
        try (FamilyFixture fixture = new FamilyFixture("sdxl_small")) {
            fixture.write(model);
        }
    }

    public Path model() {
        return model;
    }

    /** Where {@link #encoder} writes, one folder an id. */
    public Path candidates() {
        return candidates;
    }

    public TextToImagePipeline load(String name, ErasureFloor floor, boolean enforce) {
        return TextToImagePipeline.load(name, model, Device.cpu(), floor, enforce);
    }

    /**
     * An encoder of the model's architecture with scaled weights, as transformers saves it.
     *
     * @param part {@code text_encoder} or {@code text_encoder_2}
     */
    public Path encoder(String part, String id, float factor) {
        Path folder = candidates.resolve(id);
        try (Safetensors file = Safetensors.open(model.resolve(part).resolve("model.safetensors"))) {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), Files.readString(model.resolve(part).resolve("config.json"))
                    .replaceFirst("\\{", "{\"architectures\": [\"" + CLASSES.get(part) + "\"],"));
            Map<String, float[]> values = new LinkedHashMap<>();
            file.shapes().keySet().forEach(name -> values.put(name, scaled(file.floats(name), factor)));
            Safetensors.write(folder.resolve("model.safetensors"), values, file.shapes(), Map.of("format", "pt"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An encoder's folder outside a registry. */
    static ComponentSource source(String id, Path folder) {
        try (Safetensors file = Safetensors.open(folder.resolve("model.safetensors"))) {
            Map<String, String> digests = new LinkedHashMap<>();
            file.tensors().keySet().forEach(name -> digests.put(name, file.sha256(name)));
            return new ComponentSource(id, folder, file.digest(), List.of(), digests, null, null);
        }
    }

    private static float[] scaled(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return values;
    }

    /** One image of a prompt and a seed that never change. */
    public static GenerationResult draw(TextToImagePipeline pipeline) {
        return pipeline.generate(new GenerationRequest("a cat", "", List.of(1L), 2, 5), StepListener.NONE, new CancellationToken());
    }
}
