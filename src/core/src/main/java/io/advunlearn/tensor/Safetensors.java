package io.advunlearn.tensor;

import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A safetensors file. Every malformed file is refused with a {@link SafetensorsException} that names the tensor and the reason. The file may
 * exceed 2 GiB; a single tensor may not. Thread-safe.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public final class Safetensors implements TensorSource {

    private static final int BLOCK = 1 << 20;

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

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        header.tensors().forEach((name, info) -> {
            if (info.dtype.contains("F")) {
                shapes.put(name, info.shape);
            }
        });
        return shapes;
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
        ByteBuffer block = ByteBuffer.allocate(Math.min(BLOCK, 4 * values.length)).order(ByteOrder.nativeOrder());
        for (int first = 0; first < values.length; first += block.limit() / 4) {
            block.clear().limit(Math.min(block.capacity(), 4 * (values.length - first)));
            read(name, first, block);
            block.flip().asFloatBuffer().get(values, first, block.limit() / 4);
        }
        return values;
    }

    /** The tensor's raw little-endian bytes in its stored dtype, mapped. */
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

    /** The tensor as it is stored, to be written into another file. */
    SafetensorsWriter.Tensor stored(String name) {
        Info info = info(name);
        return new SafetensorsWriter.Tensor(info.dtype, info.shape, info.end - info.begin, target -> copy(name, target));
    }

    private void copy(String name, FileChannel target) throws IOException {
        Info info = info(name);
        long end = header.dataStart() + info.end;
        for (long at = header.dataStart() + info.begin; at < end;) {
            long count = channel.transferTo(at, end - at, target);
            if (count <= 0) {
                throw cutWhileRead(name, null);
            }
            at += count;
        }
    }

    @Override
    public Optional<MappedByteBuffer> mapped(String name) {
        Info info = info(name);
        boolean aligned = (header.dataStart() + info.begin) % Float.BYTES == 0;
        if (!info.dtype.equals("F32") || !aligned || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || info.end == info.begin) {
            return Optional.empty();
        }
        return Optional.of((MappedByteBuffer) bytes(name));
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

    /** Whether a tensor's bytes in the file are those that are computed with. */
    public boolean isStoredAs(String name, DataType type) {
        return FloatFormat.isStored(info(name).dtype, type);
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

    /**
     * As the other method, but holds one tensor at a time.
     *
     * @param shapes in the file's order
     * @param values fp32 values of a tensor, asked for once each, in order
     * @param half whether they are stored as F16, otherwise as F32
     */
    public static void write(Path file, Map<String, long[]> shapes, Function<String, float[]> values, boolean half, Map<String, String> metadata) {
        SafetensorsWriter.write(file, shapes, values, half, metadata);
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

    /**
     * Reads rather than maps: what is stored in the wanted format goes from the file into the target at once, the rest through one block, and no
     * page of the file is held by the process.
     */
    @Override
    public void read(String name, DataType type, long first, ByteBuffer target) {
        Info info = info(name);
        int width = FloatFormat.bytes(this, name);
        long count = target.remaining() / type.getNumOfBytes();
        long position = header.dataStart() + info.begin + first * width;
        if (position + count * width > header.dataStart() + info.end) {
            throw new SafetensorsException(path + ": tensor " + name + " ends before element " + (first + count));
        }
        try {
            if (FloatFormat.isStored(info.dtype, type) && target.order() == ByteOrder.LITTLE_ENDIAN) {
                fill(name, position, target);
            } else {
                convert(name, type, position, target);
            }
        } catch (ArithmeticException e) {
            throw new SafetensorsException(path + ": tensor " + name + " " + e.getMessage(), e);
        } catch (IOException e) {
            throw new SafetensorsException(path + ": tensor " + name + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    @Override
    public String digest() {
        try {
            return Sha256.of(path);
        } catch (IOException e) {
            throw new SafetensorsException(path + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private void convert(String name, DataType type, long position, ByteBuffer target) throws IOException {
        String dtype = info(name).dtype;
        int width = FloatFormat.bytes(this, name);
        ByteBuffer block = ByteBuffer.allocate(Math.min(BLOCK, target.remaining() / type.getNumOfBytes() * width)).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = position; target.hasRemaining(); at += block.limit()) {
            fill(name, at, block.clear().limit(Math.min(block.capacity(), target.remaining() / type.getNumOfBytes() * width)));
            FloatFormat.convert(dtype, block.flip(), type, target);
        }
    }

    private void fill(String name, long position, ByteBuffer block) throws IOException {
        for (long at = position; block.hasRemaining();) {
            int count = channel.read(block, at);
            if (count < 0) {
                throw cutWhileRead(name, null);
            }
            at += count;
        }
    }

    private SafetensorsException cutWhileRead(String name, Throwable e) {
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
