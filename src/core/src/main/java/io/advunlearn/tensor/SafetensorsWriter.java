package io.advunlearn.tensor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Writes safetensors files that are whole or absent. */
final class SafetensorsWriter {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHUNK = 1 << 16;

    private SafetensorsWriter() { }

    /** A tensor's data. */
    interface Content {

        void write(FileChannel channel) throws IOException;
    }

    /** @param bytes how many the content writes */
    record Tensor(String dtype, long[] shape, long bytes, Content content) { }

    /** Of fp32 values. */
    static void write(Path file, Map<String, float[]> values, Map<String, long[]> shapes, Map<String, String> metadata) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        values.forEach((name, tensor) -> {
            long[] shape = shapes.get(name);
            if (shape == null || elements(shape) != tensor.length) {
                throw new IllegalArgumentException("tensor " + name + " has " + tensor.length + " values but shape " + Arrays.toString(shape));
            }
            tensors.put(name, floats(shape, false, () -> tensor));
        });
        write(file, tensors, metadata);
    }

    /** @param values asked for one tensor after the other @param half whether they are stored as F16 */
    static void write(Path file, Map<String, long[]> shapes, Function<String, float[]> values, boolean half, Map<String, String> metadata) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> tensors.put(name, floats(shape, half, () -> values.apply(name))));
        write(file, tensors, metadata);
    }

    private static Tensor floats(long[] shape, boolean half, Supplier<float[]> values) {
        return new Tensor(half ? "F16" : "F32", shape, (half ? 2 : 4) * elements(shape), channel -> writeTensor(channel, values.get(), half));
    }

    /** In the order of the map. @throws SafetensorsException if the file cannot be written */
    static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        byte[] header = header(tensors, metadata);
        Path target = file.toAbsolutePath();
        Path temporary = null;
        try {
            temporary = Files.createTempFile(target.getParent(), "." + target.getFileName(), ".part");
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                writeFully(channel, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip());
                writeFully(channel, ByteBuffer.wrap(header));
                for (Tensor tensor : tensors.values()) {
                    tensor.content.write(channel);
                }
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncDirectory(target.getParent());
        } catch (SafetensorsException e) {
            deleteQuietly(temporary);
            throw e;
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw new SafetensorsException(file + ": cannot be written (" + e.getMessage() + ")", e);
        }
    }

    private static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    private static byte[] header(Map<String, Tensor> tensors, Map<String, String> metadata) {
        ObjectNode root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode node = root.putObject("__metadata__");
            metadata.forEach(node::put);
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            ObjectNode node = root.putObject(entry.getKey());
            node.put("dtype", tensor.dtype);
            Arrays.stream(tensor.shape).forEach(node.putArray("shape")::add);
            node.putArray("data_offsets").add(offset).add(offset + tensor.bytes);
            offset += tensor.bytes;
        }
        byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
        // readers map the data in place, so it starts at a multiple of 8
        byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void writeTensor(FileChannel channel, float[] tensor, boolean half) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4 * Math.min(CHUNK, Math.max(1, tensor.length))).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < tensor.length; from += CHUNK) {
            int count = Math.min(CHUNK, tensor.length - from);
            buffer.clear();
            if (half) {
                for (int i = from; i < from + count; i++) {
                    buffer.putShort(FloatFormat.toHalf(tensor[i]));
                }
                buffer.flip();
            } else {
                buffer.limit(4 * count);
                buffer.asFloatBuffer().put(tensor, from, count);
            }
            writeFully(channel, buffer);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Without it a power cut may forget the new name. */
    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path temporary) {
        try {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // the write's own failure is the one to report
        }
    }
}
