package io.advunlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A checkpoint of {@code src/test/fixtures/families.py}, written to disk as it is published; its weights follow from their names. */
public final class FamilyFixture implements AutoCloseable {

    private static final Path ROOT = Path.of("src", "test", "fixtures", "families");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final float SQRT_3 = 1.7320508f;

    private final Path fixture;
    private final Safetensors data;

    public FamilyFixture(String name) {
        fixture = ROOT.resolve(name);
        data = Safetensors.open(fixture.resolve("data.safetensors"));
    }

    /** Writes the folder of diffusers, or, for a fixture of a single file, {@code model.safetensors} with its tokenizer beside. */
    public Path write(Path folder) {
        try (Stream<Path> files = Files.walk(fixture)) {
            boolean single = Files.exists(fixture.resolve("compvis.json"));
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = fixture.relativize(file);
                boolean tokenizer = relative.startsWith("tokenizer") || relative.startsWith("tokenizer_2") && !single;
                if (tokenizer || !single && relative.toString().endsWith("config.json") || !single && relative.toString().equals("model_index.json")) {
                    Files.createDirectories(folder.resolve(relative).getParent());
                    Files.copy(file, folder.resolve(relative));
                }
                if (tokenizer) {
                    for (String vocabulary : List.of("vocab.json", "merges.txt")) {
                        Path target = folder.resolve(relative).resolveSibling(vocabulary);
                        if (!Files.exists(target)) {
                            Files.copy(ROOT.resolve(vocabulary), target);
                        }
                    }
                }
            }
            if (single) {
                write(folder.resolve("model.safetensors"), "file", JSON.readTree(fixture.resolve("compvis.json").toFile()));
                return folder.resolve("model.safetensors");
            }
            JSON.readTree(fixture.resolve("tensors.json").toFile()).properties().forEach(part -> write(folder.resolve(part.getKey()).resolve(
                    part.getKey().startsWith("text") ? "model.safetensors" : "diffusion_pytorch_model.safetensors"), part.getKey(), part.getValue()));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String part, JsonNode tree) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        flatten("", tree, shapes);
        Map<String, float[]> values = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> values.put(name, weight(part + "/" + name, shape)));
        Safetensors.write(file, values, shapes, Map.of());
    }

    private static void flatten(String path, JsonNode node, Map<String, long[]> shapes) {
        node.properties().forEach(entry -> {
            String name = path + entry.getKey();
            if (entry.getValue().isObject()) {
                flatten(name + ".", entry.getValue(), shapes);
            } else {
                String text = entry.getValue().asText();
                shapes.put(name, text.isEmpty() ? new long[0] : Stream.of(text.split("x")).mapToLong(Long::parseLong).toArray());
            }
        });
    }

    private static float[] weight(String name, long... shape) {
        float[] values = uniform(name, shape);
        long inputs = 1;
        for (int i = 1; i < shape.length; i++) {
            inputs *= shape[i];
        }
        float scale = (float) (1.7320508 / Math.sqrt(inputs));
        for (int i = 0; i < values.length; i++) {
            values[i] = shape.length > 1 ? values[i] * scale : name.endsWith(".weight") ? values[i] * 0.35f + 1 : values[i] * 0.17f;
        }
        return values;
    }

    /** Values in [-1, 1): SplitMix64 of the name's FNV-1a hash. */
    private static float[] uniform(String name, long... shape) {
        long seed = 0xcbf29ce484222325L;
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            seed = (seed ^ each & 0xff) * 0x100000001b3L;
        }
        int count = 1;
        for (long dimension : shape) {
            count = Math.toIntExact(count * dimension);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            long z = seed + (i + 1) * 0x9e3779b97f4a7c15L;
            z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            values[i] = ((z ^ z >>> 31) >>> 40) * 0x1p-23f - 1;
        }
        return values;
    }

    /** An input of variance 1 that the reference run was given too. */
    public static NDArray input(NDManager manager, String name, long... shape) {
        float[] values = uniform(name, shape);
        for (int i = 0; i < values.length; i++) {
            values[i] *= SQRT_3;
        }
        return Tensors.of(manager, values, new Shape(shape));
    }

    public float[] expected(String name) {
        return data.floats(name);
    }

    public void assertClose(NDArray actual, String name) {
        assertThat(actual.getShape().getShape()).as("shape of " + name).isEqualTo(data.tensors().get(name).shape());
        Fixture.assertClose(actual.toFloatArray(), expected(name), name);
    }

    @Override
    public void close() {
        data.close();
    }
}
