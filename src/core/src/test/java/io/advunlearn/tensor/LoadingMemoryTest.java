package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.registry.ChildJvm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loading takes the memory of the weights and little more, whatever format they are stored in. */
class LoadingMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int TENSORS = 4;
    private static final int ELEMENTS = 16 << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"F32, 4, FLOAT32, 115", "BF16, 2, FLOAT32, 115", "F16, 2, FLOAT16, 124"})
    void peakIsThatOfTheWeights(String dtype, int width, DataType type, int percent) throws Exception {
        assumeTrue(Files.exists(STATUS), "peak memory is read from /proc");
        Path file = write(dtype, width);
        Process process = ChildJvm.start(LoadingMemoryTest.class, file.toString(), type.name());
        long peak = Long.parseLong(new String(process.getInputStream().readAllBytes()).strip());
        assertThat(process.waitFor()).isZero();
        // a second copy of one of the tensors alone would be a quarter more
        long kilobytes = (long) TENSORS * ELEMENTS * type.getNumOfBytes() / 1024;
        assertThat(peak).isBetween(kilobytes * 95 / 100, kilobytes * percent / 100);
    }

    /** Zeros, as a file with holes. */
    private Path write(String dtype, int width) throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < TENSORS; i++) {
            long begin = (long) i * ELEMENTS * width;
            header.append(i == 0 ? "" : ",").append("\"t").append(i).append("\":{\"dtype\":\"").append(dtype).append("\",\"shape\":[").append(ELEMENTS)
                    .append("],\"data_offsets\":[").append(begin).append(',').append(begin + (long) ELEMENTS * width).append("]}");
        }
        byte[] bytes = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("big.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(8 + bytes.length).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length).put(bytes).flip());
            channel.write(ByteBuffer.allocate(1), 8 + bytes.length + (long) TENSORS * ELEMENTS * width - 1);
        }
        return file;
    }

    /** Prints the kB by which the peak grew. @param args a file of weights, and what to load them as */
    public static void main(String[] args) throws IOException {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Tensors.of(manager, new float[1], new Shape(1));
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
            long before = peakKilobytes();
            try (Safetensors file = Safetensors.open(Path.of(args[0]))) {
                Weights.load(file, manager, Device.cpu(), DataType.valueOf(args[1]));
                System.out.println(peakKilobytes() - before);
            }
        }
    }

    private static long peakKilobytes() throws IOException {
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmHWM:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
