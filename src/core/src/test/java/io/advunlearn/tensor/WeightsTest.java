package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {

    @TempDir
    Path folder;

    private Safetensors mixedFile() throws IOException {
        // an odd header length puts the data at an odd address
        byte[] header = ("{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},\"ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[4,12]},"
                + "\"f.x\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[12,16]}} ").getBytes(StandardCharsets.UTF_8);
        assertThat(header.length % 2).isOdd();
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header).putShort((short) 0x3c00).putShort((short) 0xc000).putLong(5).putFloat(0.25f);
        return Safetensors.open(Files.write(folder.resolve("mixed.safetensors"), bytes.array()));
    }

    @Test
    void floatsOfEveryWidthAreLoadedAndIntegersLeftOut() throws IOException {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch"); Safetensors file = mixedFile()) {
            Weights weights = Weights.load(file, manager, TestDevice.any());
            assertThat(weights.asMap().keySet()).containsExactly("h", "f.x");
            assertThat(weights.get("h").toFloatArray()).containsExactly(1, -2);
            assertThat(weights.at("f").get("x").toFloatArray()).containsExactly(0.25f);
            assertThat(weights.at("f").get("x").getShape()).isEqualTo(new Shape());
        }
    }

    @Test
    void pathsAndMissingNames() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray array = manager.ones(new Shape(2, 3));
            Weights weights = Weights.of(Map.of("a.0.weight", array));
            assertThat(weights.at("a").at(0).get("weight")).isSameAs(array);
            assertThat(weights.at("a.0").has("weight")).isTrue();
            assertThat(weights.has("weight")).isFalse();
            assertThatThrownBy(() -> weights.at("a").at(1).get("weight")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a.1.weight");
            assertThatThrownBy(() -> weights.at("a.0").get("weight", 3, 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a.0.weight").hasMessageContaining("(2, 3)").hasMessageContaining("(3, 2)");
        }
    }
}
