package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    private static final String GOOD = "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    @TempDir
    Path folder;

    private Path file(String header, int dataBytes) throws IOException {
        return file(header.getBytes(StandardCharsets.UTF_8), new byte[dataBytes]);
    }

    private Path file(byte[] header, byte[] data) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(folder.resolve("a.safetensors"), bytes.putLong(header.length).put(header).put(data).array());
    }

    static Stream<Arguments> malformedHeaders() {
        return Stream.of(
                Arguments.of("[]", 0, "does not start with '{'"),
                Arguments.of(" {}", 0, "does not start with '{'"),
                Arguments.of("{\"a\":" + GOOD, 8, "no valid JSON"),
                Arguments.of("{\"a\":" + GOOD + "} x", 8, "no valid JSON"),
                Arguments.of("{\"a\":" + GOOD + ",\"a\":" + GOOD + "}", 8, "Duplicate field 'a'"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "Duplicate field 'dtype'"),
                Arguments.of("{\"a\":3}", 8, "tensor a: needs exactly the fields"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "tensor a: needs exactly the fields"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, "tensor a: needs exactly the fields"),
                Arguments.of(with("F33", "[2]", "[0,8]"), 8, "unknown dtype \"F33\""),
                Arguments.of(with("F32", "2", "[0,8]"), 8, "shape is no list"),
                Arguments.of(with("F32", "[-2]", "[0,8]"), 8, "shape holds -2"),
                Arguments.of(with("F32", "[2.0]", "[0,8]"), 8, "shape holds 2.0"),
                Arguments.of(with("F32", "[\"2\"]", "[0,8]"), 8, "shape holds \"2\""),
                Arguments.of(with("F32", "[99999999999999999999]", "[0,8]"), 8, "shape holds 99999999999999999999"),
                Arguments.of(with("F32", "[4294967296,4294967296]", "[0,8]"), 8, "overflows"),
                // 2^62 elements of 4 bytes are 2^64 bytes, which wrap to 0
                Arguments.of(with("F32", "[4611686018427387904]", "[0,0]"), 0, "overflows"),
                Arguments.of(with("F32", "[2]", "[0]"), 8, "must be [begin, end]"),
                Arguments.of(with("F32", "[2]", "[8,0]"), 8, "must be [begin, end]"),
                Arguments.of(with("F32", "[2]", "[0,4]"), 8, "needs 8 bytes, but data_offsets span 4"),
                Arguments.of(with("F16", "[2]", "[0,8]"), 8, "needs 4 bytes, but data_offsets span 8"),
                Arguments.of(with("F32", "[2]", "[0,8]"), 7, "cut off"),
                Arguments.of(with("F32", "[2]", "[0,8]"), 9, "holds 9 data bytes, but its tensors end at 8"),
                Arguments.of(with("F32", "[2]", "[4,12]"), 12, "leave a hole"),
                Arguments.of("{\"a\":" + GOOD + ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "tensor b: begins at byte 4"),
                Arguments.of("{\"a\":" + GOOD + ",\"b\":" + GOOD + "}", 8, "overlap"),
                Arguments.of("{\"__metadata__\":[],\"a\":" + GOOD + "}", 8, "__metadata__ is no JSON object"),
                Arguments.of("{\"__metadata__\":{\"k\":1},\"a\":" + GOOD + "}", 8, "__metadata__.k is no text"),
                Arguments.of("{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}", 8, "no valid JSON"));
    }

    private static String with(String dtype, String shape, String offsets) {
        return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
    }

    @ParameterizedTest
    @MethodSource("malformedHeaders")
    void malformedHeaderIsRefusedWithItsReason(String header, int dataBytes, String reason) throws IOException {
        Path file = file(header, dataBytes);
        assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(file.toString()).hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({"0, accepted", "1, accepted", "100000001, accepted", "-1, 18446744073709551615", "4611686018427387904, accepted", "9, cut off"})
    void impossibleHeaderLengthIsRefused(long length, String reason) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put("{}      ".getBytes(StandardCharsets.UTF_8));
        Path file = Files.write(folder.resolve("a.safetensors"), bytes.array());
        assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(SafetensorsException.class).hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "7"})
    void shorterThanALengthIsRefused(int size) throws IOException {
        Path file = Files.write(folder.resolve("a.safetensors"), new byte[size]);
        assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(SafetensorsException.class).hasMessageContaining("has " + size + " bytes");
    }

    @Test
    void headerThatIsNoUtf8IsRefused() throws IOException {
        Path file = file(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, new byte[0]);
        assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(SafetensorsException.class).hasMessageContaining("UTF-8");
    }

    @Test
    void picklesAreRefusedWithTheWayOut() throws IOException {
        Path zip = Files.write(folder.resolve("model.bin"), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0});
        Path bare = Files.write(folder.resolve("model.pkl"), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc, (byte) 0x9c, 'F', (byte) 0xf9, ' ', 'j'});
        for (Path file : List.of(zip, bare)) {
            assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(SafetensorsException.class)
                    .hasMessageContaining("pickle").hasMessageContaining("save_pretrained");
        }
    }

    /** A header of 0x0280 bytes begins like a pickle of protocol 2, one of 0x4b50 bytes like a zip. */
    @ParameterizedTest
    @ValueSource(ints = {0x280, 0x4b50})
    void headerOfAPicklesFirstBytesIsStillRead(int length) throws IOException {
        byte[] header = Arrays.copyOf("{}".getBytes(StandardCharsets.UTF_8), length);
        Arrays.fill(header, 2, header.length, (byte) ' ');
        try (Safetensors file = Safetensors.open(file(header, new byte[0]))) {
            assertThat(file.tensors()).isEmpty();
        }
    }

    @Test
    void halvesAreWrittenOneTensorAfterTheOther() {
        Path path = folder.resolve("half.safetensors");
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("b", new long[] {2, 2});
        shapes.put("a", new long[] {});
        Safetensors.write(path, shapes, name -> name.equals("a") ? new float[] {-0.5f} : new float[] {1, 0.333251953125f, 65504, 5.9604645e-8f}, true, Map.of());
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.tensors()).containsExactly(Map.entry("b", new Safetensors.Info("F16", new long[] {2, 2}, 0, 8)),
                    Map.entry("a", new Safetensors.Info("F16", new long[] {}, 8, 10)));
            assertThat(file.floats("b")).containsExactly(1, 0.333251953125f, 65504, 5.9604645e-8f);
            assertThat(file.floats("a")).containsExactly(-0.5f);
        }
    }

    @Test
    void missingFileAndMissingTensorAreNamed() throws IOException {
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("none.safetensors"))).isInstanceOf(SafetensorsException.class).hasMessageContaining("none.safetensors");
        try (Safetensors file = Safetensors.open(file("{\"a\":" + GOOD + "}", 8))) {
            assertThatThrownBy(() -> file.bytes("b")).isInstanceOf(SafetensorsException.class).hasMessageContaining("no tensor b");
        }
    }

    @Test
    void fileCutAfterItWasOpenedIsRefused() throws IOException {
        Path path = folder.resolve("out.safetensors");
        Safetensors.write(path, Map.of("a", new float[100_000]), Map.of("a", new long[] {100_000}), Map.of());
        try (Safetensors file = Safetensors.open(path); FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(20_000);
            assertThatThrownBy(() -> file.floats("a")).isInstanceOf(SafetensorsException.class).hasMessageContaining("tensor a");
            assertThatThrownBy(() -> file.sha256("a")).isInstanceOf(SafetensorsException.class).hasMessageContaining("tensor a");
        }
    }

    @Test
    void integersAreNotReadAsFloats() throws IOException {
        try (Safetensors file = Safetensors.open(file(with("I64", "[1]", "[0,8]"), 8))) {
            assertThatThrownBy(() -> file.floats("a")).isInstanceOf(SafetensorsException.class).hasMessageContaining("tensor a is I64");
        }
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Map<String, float[]> values = new LinkedHashMap<>();
        values.put("z.weight", new float[] {1, -2.5f, Float.MIN_VALUE, Float.MAX_VALUE, 0, -0f});
        values.put("a.scalar", new float[] {7});
        values.put("none", new float[0]);
        Map<String, long[]> shapes = Map.of("z.weight", new long[] {2, 3}, "a.scalar", new long[0], "none", new long[] {0, 5});
        Path path = folder.resolve("out.safetensors");
        Safetensors.write(path, values, shapes, Map.of("format", "pt", "note", "ä \"quoted\""));
        try (Safetensors file = Safetensors.open(path)) {
            assertThat(file.tensors().keySet()).containsExactly("z.weight", "a.scalar", "none");
            values.forEach((name, array) -> assertThat(file.floats(name)).isEqualTo(array));
            shapes.forEach((name, shape) -> assertThat(file.tensors().get(name).shape()).isEqualTo(shape));
            assertThat(file.metadata()).containsOnly(Map.entry("format", "pt"), Map.entry("note", "ä \"quoted\""));
        }
        assertThat(folder.toFile().list()).containsExactly("out.safetensors");
    }

    @Test
    void dataStartsAtAMultipleOfEight() throws IOException {
        for (String name : List.of("a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh")) {
            Path path = folder.resolve("out.safetensors");
            Safetensors.write(path, Map.of(name, new float[] {1}), Map.of(name, new long[] {1}), Map.of());
            assertThat(ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
        }
    }

    @Test
    void failedWriteLeavesTheOldFile() throws IOException {
        Path path = Files.writeString(folder.resolve("out.safetensors"), "old");
        assertThatThrownBy(() -> Safetensors.write(path, Map.of("a", new float[3]), Map.of("a", new long[] {2}), Map.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("tensor a");
        assertThat(path).hasContent("old");
        assertThatThrownBy(() -> Safetensors.write(folder.resolve("no/such/folder.safetensors"), Map.of(), Map.of(), Map.of())).isInstanceOf(SafetensorsException.class);
    }

    @Test
    void digestIsThatOfTheStoredBytes() throws IOException {
        byte[] header = with("F16", "[1,2]", "[0,4]").getBytes(StandardCharsets.UTF_8);
        try (Safetensors file = Safetensors.open(file(header, "abcd".getBytes(StandardCharsets.UTF_8)))) {
            // printf abcd | sha256sum
            assertThat(file.sha256("a")).isEqualTo("88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
        }
    }

    @ParameterizedTest
    @CsvSource({"F16, 0x3c00, 1", "F16, 0xc000, -2", "F16, 0x7bff, 65504", "F16, 0x0001, 5.9604644775390625e-8", "F16, 0x83ff, -6.097555160522461e-5",
        "F16, 0x8000, -0.0", "F16, 0x7c00, Infinity", "F16, 0xfc00, -Infinity", "F16, 0x7e00, NaN", "F16, 0x3555, 0.333251953125",
        "BF16, 0x3f80, 1", "BF16, 0xc049, -3.140625", "BF16, 0x7f80, Infinity", "BF16, 0x0001, 9.183549615799121e-41"})
    void halfPrecisionIsWidenedExactly(String dtype, String bits, float expected) throws IOException {
        int value = Integer.decode(bits);
        byte[] header = with(dtype, "[1]", "[0,2]").getBytes(StandardCharsets.UTF_8);
        try (Safetensors file = Safetensors.open(file(header, new byte[] {(byte) value, (byte) (value >> 8)}))) {
            assertThat(file.floats("a")).containsExactly(expected);
        }
    }

    /** Whatever bit flips: the file is refused with its name, or read within its bounds. Nothing else may come out. */
    @Test
    void flippedBitsNeverEscape() throws IOException {
        Path path = folder.resolve("good.safetensors");
        Safetensors.write(path, Map.of("a", new float[] {1, 2}, "b", new float[] {3}), Map.of("a", new long[] {2, 1}, "b", new long[] {1}), Map.of("k", "v"));
        byte[] good = Files.readAllBytes(path);
        int headerBits = 8 * (8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong());
        Random random = new Random(1);
        int refused = 0;
        for (int trial = 0; trial < 1000; trial++) {
            byte[] bad = good.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                int bit = random.nextInt(headerBits);
                bad[bit / 8] ^= (byte) (1 << bit % 8);
            }
            refused += readOrRefuse(Files.write(folder.resolve("bad.safetensors"), bad)) ? 0 : 1;
        }
        assertThat(refused).isGreaterThan(500);
    }

    private static boolean readOrRefuse(Path path) {
        try (Safetensors file = Safetensors.open(path)) {
            file.tensors().forEach((name, info) -> assertThat(file.bytes(name).remaining()).isEqualTo((int) (info.end() - info.begin())));
            return true;
        } catch (SafetensorsException e) {
            assertThat(e).hasMessageContaining("bad.safetensors");
            return false;
        }
    }

    @Test
    void truncationAnywhereIsRefused() throws IOException {
        Path path = folder.resolve("good.safetensors");
        Safetensors.write(path, Map.of("a", new float[] {1, 2}), Map.of("a", new long[] {2}), Map.of());
        byte[] good = Files.readAllBytes(path);
        ByteArrayOutputStream accepted = new ByteArrayOutputStream();
        for (int length = 0; length < good.length; length++) {
            if (readOrRefuse(Files.write(folder.resolve("bad.safetensors"), Arrays.copyOf(good, length)))) {
                accepted.write(length);
            }
        }
        assertThat(accepted.size()).isZero();
    }
}
