package io.advunlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;

/** Reference numbers made by {@code src/test/fixtures/make_fixtures.py}. */
public final class Fixture implements AutoCloseable {

    /** Largest difference over largest reference value. */
    public static final double TOLERANCE = 1e-4;

    private final Path folder;
    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");
    private final Safetensors data;

    public Fixture(String name) {
        folder = Path.of("src", "test", "fixtures", name);
        data = Safetensors.open(folder.resolve("data.safetensors"));
    }

    /** The model under {@code advunlearn.models} that the emoji fixtures were made from. */
    public static Path emojiModel() {
        return Path.of(System.getProperty("advunlearn.models"), "emoji-sd");
    }

    public NDManager manager() {
        return manager;
    }

    public Path config() {
        return folder.resolve("config.json");
    }

    public JsonNode json(String file) {
        try {
            return new ObjectMapper().readTree(folder.resolve(file).toFile());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public Weights weights() {
        try (Safetensors file = Safetensors.open(folder.resolve("weights.safetensors"))) {
            return Weights.load(file, manager, TestDevice.any());
        }
    }

    public NDArray get(String name) {
        return Tensors.of(manager, data.floats(name), new Shape(data.tensors().get(name).shape()));
    }

    /** Bytes of a uint8 tensor. */
    public byte[] bytes(String name) {
        byte[] bytes = new byte[data.bytes(name).remaining()];
        data.bytes(name).get(bytes);
        return bytes;
    }

    public NDArray ids(String name) {
        Shape shape = new Shape(data.tensors().get(name).shape());
        long[] values = new long[Math.toIntExact(shape.size())];
        data.bytes(name).asLongBuffer().get(values);
        return Tensors.of(manager, values, shape);
    }

    public void assertClose(NDArray actual, String name) {
        assertThat(actual.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(actual.getShape().getShape()).as("shape of " + name).isEqualTo(data.tensors().get(name).shape());
        assertClose(actual.toFloatArray(), data.floats(name), name);
    }

    public static void assertClose(float[] actual, float[] expected, String name) {
        assertClose(actual, expected, name, TOLERANCE);
    }

    /** @param tolerance largest difference over largest expected value */
    public static void assertClose(float[] actual, float[] expected, String name, double tolerance) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as(name).isFinite();
            difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        assertThat(difference / largest).as("relative difference of " + name).isLessThanOrEqualTo(tolerance);
    }

    @Override
    public void close() {
        data.close();
        manager.close();
    }
}
