package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of a folder's files are the weights, and what is said when none is. */
class WeightFilesTest {

    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    private void file(String name, String tensor, float... values) {
        Safetensors.write(folder.resolve(name), Map.of(tensor, values), Map.of(tensor, new long[] {values.length}), Map.of());
    }

    private void index(String name, String weightMap) throws IOException {
        Files.writeString(folder.resolve(name), "{\"metadata\": {\"total_size\": 16}, \"weight_map\": " + weightMap + "}");
    }

    private Map<String, float[]> read(String variant) {
        Map<String, float[]> values = new LinkedHashMap<>();
        try (TensorSource source = WeightFiles.open(folder, "model", variant); NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            Weights.load(source, manager, Device.cpu()).asMap().forEach((name, tensor) -> values.put(name, tensor.toFloatArray()));
        }
        return values;
    }

    @Test
    void plainFileComesBeforeAVariant() {
        file("model.safetensors", "a", 1, 2);
        file("model.fp16.safetensors", "a", 3, 4);
        assertThat(read(null).get("a")).containsExactly(1, 2);
        assertThat(read("fp16").get("a")).containsExactly(3, 4);
    }

    @Test
    void halfPrecisionFileStandsInForAMissingPlainOne() throws IOException {
        byte[] header = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}".getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("model.fp16.safetensors"), ByteBuffer.allocate(12 + header.length).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length).put(header).putShort((short) 0x3c00).putShort((short) 0xc000).array());
        assertThat(read(null).get("a")).containsExactly(1, -2);
    }

    @Test
    void shardsAreOneSource() throws IOException {
        file("model-00001-of-00002.safetensors", "a", 1, 2);
        file("model-00002-of-00002.safetensors", "b", 3);
        index(INDEX, "{\"b\": \"model-00002-of-00002.safetensors\", \"a\": \"model-00001-of-00002.safetensors\"}");
        assertThat(read(null)).containsOnlyKeys("a", "b").satisfies(values -> assertThat(values.get("b")).containsExactly(3));
        String digest = digest();
        assertThat(digest()).isEqualTo(digest);
        file("model-00002-of-00002.safetensors", "b", 4);
        assertThat(digest()).isNotEqualTo(digest);
    }

    private String digest() {
        try (TensorSource source = WeightFiles.open(folder, "model")) {
            return source.digest();
        }
    }

    @Test
    void shardsOfAVariantHaveAnIndexOfTheirOwn() throws IOException {
        file("model.fp16-00001-of-00001.safetensors", "a", 5);
        index("model.safetensors.index.fp16.json", "{\"a\": \"model.fp16-00001-of-00001.safetensors\"}");
        assertThat(read(null).get("a")).containsExactly(5);
    }

    @Test
    void missingShardIsNamed() throws IOException {
        file("model-00001-of-00002.safetensors", "a", 1);
        index(INDEX, "{\"a\": \"model-00001-of-00002.safetensors\", \"b\": \"model-00002-of-00002.safetensors\"}");
        assertThatThrownBy(() -> read(null)).isInstanceOf(SafetensorsException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors: this shard is missing");
    }

    @Test
    void tensorThatItsShardDoesNotHoldIsNamed() throws IOException {
        file("one.safetensors", "a", 1);
        index(INDEX, "{\"b\": \"one.safetensors\"}");
        assertThatThrownBy(() -> read(null)).isInstanceOf(SafetensorsException.class).hasMessageContaining("one.safetensors: has no tensor b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../other.safetensors", "/etc/passwd", "sub/one.safetensors", "one.bin"})
    void shardsLieInTheSameFolder(String shard) throws IOException {
        index(INDEX, "{\"a\": \"" + shard + "\"}");
        assertThatThrownBy(() -> read(null)).isInstanceOf(SafetensorsException.class).hasMessageContaining(shard).hasMessageContaining("in the same folder");
    }

    @Test
    void indexWithoutAMapIsRefused() throws IOException {
        index(INDEX, "[]");
        assertThatThrownBy(() -> read(null)).isInstanceOf(SafetensorsException.class).hasMessageContaining(INDEX).hasMessageContaining("weight_map");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.bin", "pytorch_model.bin", "weights.ckpt", "weights.pt"})
    void picklesAreRefusedWithTheWayOut(String name) throws IOException {
        Files.write(folder.resolve(name), new byte[9]);
        assertThatThrownBy(() -> read(null)).isInstanceOf(SafetensorsException.class).hasMessageContaining(name)
                .hasMessageContaining("safe_serialization=True");
    }

    @Test
    void unknownVariantIsNamed() {
        file("model.safetensors", "a", 1);
        assertThatThrownBy(() -> read("bf16")).isInstanceOf(SafetensorsException.class).hasMessageContaining("model.bf16.safetensors");
    }

    @Test
    void viewsCutAndTranspose() {
        Safetensors.write(folder.resolve("model.safetensors"), Map.of("w", new float[] {0, 1, 2, 3, 4, 5}), Map.of("w", new long[] {3, 2}), Map.of());
        Map<String, TensorViews.View> views = Map.of("second", new TensorViews.View("w", new long[] {1, 2}, 2, false),
                "turned", new TensorViews.View("w", new long[] {2, 3}, 0, true), "flat", TensorViews.View.whole("w", 6));
        try (TensorSource source = new TensorViews(Safetensors.open(folder.resolve("model.safetensors")), views);
                NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            Weights weights = Weights.load(source, manager, Device.cpu());
            assertThat(weights.get("second", 1, 2).toFloatArray()).containsExactly(2, 3);
            assertThat(weights.get("turned", 2, 3).toFloatArray()).containsExactly(0, 2, 4, 1, 3, 5);
            assertThat(weights.get("flat", 6).toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(source.digest()).hasSize(64);
        }
    }
}
