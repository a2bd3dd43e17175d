package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatFormatTest {

    @TempDir
    Path folder;

    @Test
    void everyHalfComesBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = FloatFormat.fromHalf((short) bits);
            assertThat(Float.isNaN(wide) || FloatFormat.toHalf(wide) == (short) bits).as("bits %x", bits).isTrue();
        }
        assertThat(FloatFormat.fromHalf(FloatFormat.toHalf(Float.NaN))).isNaN();
    }

    /** Between every two neighbours: the nearest, and the even one from the middle. */
    @Test
    void narrowingRoundsToTheNearest() {
        for (int bits = 0; bits < 0x7bff; bits++) {
            float middle = (FloatFormat.fromHalf((short) bits) + FloatFormat.fromHalf((short) (bits + 1))) / 2;
            assertThat(FloatFormat.toHalf(middle)).isEqualTo((short) (bits + bits % 2));
            assertThat(FloatFormat.toHalf(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(FloatFormat.toHalf(-Math.nextUp(middle))).isEqualTo((short) (bits + 1 | 0x8000));
        }
        assertThat(FloatFormat.toHalf(Math.nextDown(65520f))).isEqualTo((short) 0x7bff);
        assertThat(FloatFormat.toHalf(65520f)).isEqualTo((short) 0x7c00);
        assertThat(FloatFormat.toHalf(Float.MIN_VALUE)).isZero();
    }

    /** @param hex little-endian */
    private Safetensors file(String dtype, String hex) throws Exception {
        byte[] data = HexFormat.of().parseHex(hex);
        byte[] header = ("{\"t\":{\"dtype\":\"" + dtype + "\",\"shape\":[3],\"data_offsets\":[0," + data.length + "]}}").getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("t.safetensors");
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, bytes.putLong(header.length).put(header).put(data).array());
        return Safetensors.open(file);
    }

    /** 1, -2 and the nearest to 1/3, which is exact in no format. */
    @ParameterizedTest
    @CsvSource({"F32, 0000803f000000c0abaaaa3e, 3555", "F16, 003c00c05535, 3555", "BF16, 803f00c0ab3e, 3558"})
    void everyStoredFormatIsLoadedInHalf(String dtype, String hex, String third) throws Exception {
        try (Safetensors file = file(dtype, hex); NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Weights weights = Weights.load(file, manager, Device.cpu(), DataType.FLOAT16);
            NDArray loaded = weights.get("t");
            assertThat(weights.dataType()).isEqualTo(DataType.FLOAT16);
            ByteBuffer bytes = Tensors.bytes(loaded);
            assertThat(bytes.remaining()).isEqualTo(6);
            assertThat(bytes.order(ByteOrder.LITTLE_ENDIAN).getShort(4)).isEqualTo(Short.parseShort(third, 16));
            assertThat(Tensors.floats(loaded)).startsWith(1, -2);
            assertThat(Sha256.of(Tensors.bytes(loaded))).isEqualTo(file.sha256("t", DataType.FLOAT16));
            assertThat(file.isStoredAs("t", DataType.FLOAT16)).isEqualTo(dtype.equals("F16"));
            assertThat(Tensors.cast(loaded, DataType.FLOAT32).toFloatArray()).isEqualTo(Tensors.floats(loaded));
            assertThat(Tensors.cast(loaded, DataType.FLOAT16)).isSameAs(loaded);
        }
    }

    /** 2, 4 and 70000. */
    @Test
    void whatHalfCannotHoldIsRefused() {
        Path file = folder.resolve("large.safetensors");
        Safetensors.write(file, Map.of("t", new float[] {2, 4, 70000}), Map.of("t", new long[] {3}), Map.of());
        try (Safetensors large = Safetensors.open(file); NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            assertThatThrownBy(() -> Weights.load(large, manager, Device.cpu(), DataType.FLOAT16)).isInstanceOf(SafetensorsException.class)
                    .hasMessage(file + ": tensor t holds 70000.0; float16 ends at 65504, so it needs float32");
        }
    }

    /** Rows and columns change places, whatever the width. */
    @Test
    void aTransposedViewIsLoadedInHalf() {
        Path file = folder.resolve("matrix.safetensors");
        Safetensors.write(file, Map.of("t", new float[] {1, 2, 3, 4, 5, 6}), Map.of("t", new long[] {2, 3}), Map.of());
        try (TensorSource views = new TensorViews(Safetensors.open(file), Map.of("v", new TensorViews.View("t", new long[] {3, 2}, 0, true)));
                NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            assertThat(Tensors.floats(Weights.load(views, manager, Device.cpu(), DataType.FLOAT16).get("v"))).containsExactly(1, 4, 2, 5, 3, 6);
        }
    }
}
