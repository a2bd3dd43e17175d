package io.advunlearn.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;

/**
 * A memory-mapped safetensors file. Every malformed file is refused with a {@link SafetensorsException} that names the tensor and the reason.
 * Tensors are mapped one by one, so the file may exceed 2 GiB; a single tensor may not. Thread-safe.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public final class Safetensors implements AutoCloseable {

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;

    private Safetensors(Path path, FileChannel channel, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.header = header;
    }

    /** Opens a file and checks its whole header. @throws SafetensorsException if it is missing, unreadable or malformed */
    public static Safetensors open(Path file) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            return new Safetensors(file, channel, SafetensorsHeader.read(file, channel));
        } catch (IOException e) {
            closeQuietly(channel);
            throw new SafetensorsException(file + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
        } catch (SafetensorsException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    /**
     * @param dtype F32, F16, BF16, I64, I32, U8 ... as written
     * @param shape dimensions, empty for a scalar
     * @param begin first byte, counted from the end of the header
     * @param end one past the last byte
     */
    public record Info(String dtype, long[] shape, long begin, long end) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Info that && dtype.equals(that.dtype) && Arrays.equals(shape, that.shape)
                    && begin == that.begin && end == that.end;
        }

        @Override
        public int hashCode() {
            return Objects.hash(dtype, Arrays.hashCode(shape), begin, end);
        }

        @Override
        public String toString() {
            return dtype + Arrays.toString(shape) + " at " + begin + ".." + end;
        }
    }

    public Path path() {
        return path;
    }

    /** Tensors in file order. */
    public Map<String, Info> tensors() {
        return header.tensors();
    }

    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** The tensor widened to fp32 (F32, F16, BF16). */
    public float[] floats(String name) {
        float[] values = new float[Math.toIntExact(elements(name))];
        widen(name, FloatBuffer.wrap(values));
        return values;
    }

    /** The tensor's raw little-endian bytes in its stored dtype. */
    public ByteBuffer bytes(String name) {
        Info info = info(name);
        long size = info.end - info.begin;
        if (size > Integer.MAX_VALUE) {
            throw new SafetensorsException(path + ": tensor " + name + " has " + size + " bytes; at most " + Integer.MAX_VALUE + " are supported");
        }
        try {
            ByteBuffer mapped = size == 0 ? ByteBuffer.allocate(0)
                    : channel.map(FileChannel.MapMode.READ_ONLY, header.dataStart() + info.begin, size);
            return mapped.order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new SafetensorsException(path + ": tensor " + name + " cannot be mapped (" + e.getMessage() + ")", e);
        }
    }

    /** SHA-256 of {@link #bytes}, hex. */
    public String sha256(String name) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes(name));
            return HexFormat.of().formatHex(digest.digest());
        } catch (InternalError e) {
            throw cutWhileRead(name, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Writes fp32 tensors in the order of {@code values}; written beside and moved into place, so a crash leaves the old file or the new one.
     *
     * @throws IllegalArgumentException if a tensor has no shape or its shape does not fit its values
     * @throws SafetensorsException if the file cannot be written
     */
    public static void write(Path file, Map<String, float[]> values, Map<String, long[]> shapes, Map<String, String> metadata) {
        SafetensorsWriter.write(file, values, shapes, metadata);
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }

    /** Elements of a floating point tensor. @throws SafetensorsException if it is no F32, F16 or BF16 */
    long elements(String name) {
        Info info = info(name);
        return (info.end - info.begin) / FloatFormat.bytes(this, name);
    }

    /** Copies through Java: if the file is cut meanwhile, that throws, where native code reading the mapping would end the process. */
    void widen(String name, FloatBuffer target) {
        try {
            FloatFormat.widen(info(name).dtype, bytes(name), target);
        } catch (InternalError e) {
            throw cutWhileRead(name, e);
        }
    }

    private SafetensorsException cutWhileRead(String name, InternalError e) {
        return new SafetensorsException(path + ": tensor " + name + " cannot be read: the file became shorter meanwhile", e);
    }

    Info info(String name) {
        Info info = header.tensors().get(name);
        if (info == null) {
            throw new SafetensorsException(path + ": has no tensor " + name);
        }
        return info;
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // a read-only channel has nothing left to lose
        }
    }
}
