package io.advunlearn.tensor;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** Named tensors on disk, of one file or of several. Thread-safe. */
public interface TensorSource extends AutoCloseable {

    /** The file that messages name. */
    Path path();

    /** Shapes of the floating point tensors by name. Integer ones, which state dicts hold as bookkeeping (position ids), are left out. */
    Map<String, long[]> shapes();

    /** As the other form, in fp32: exact. */
    default void read(String name, long first, ByteBuffer target) {
        read(name, DataType.FLOAT32, first, target);
    }

    /**
     * Reads values in the format that is computed in.
     *
     * @param type FLOAT32, or FLOAT16, the nearest values
     * @param first element to begin with, in row-major order
     * @param target native byte order, filled up to its limit
     * @throws SafetensorsException if the tensor is missing, is no F32, F16 or BF16, holds a number too large for the type, or the file became shorter
     */
    void read(String name, DataType type, long first, ByteBuffer target);

    /**
     * A tensor as the file's own pages, in native byte order; none where the file has another format, another order or a part of it at an odd place.
     * Whoever shortens or overwrites the file changes what is read; a file that is replaced by another of its name stays.
     */
    default Optional<MappedByteBuffer> mapped(String name) {
        return Optional.empty();
    }

    /** SHA-256, hex, of the little-endian values that {@link #read(String, DataType, long, ByteBuffer)} gives. */
    default String sha256(String name, DataType type) {
        MessageDigest digest = Sha256.newDigest();
        int width = type.getNumOfBytes();
        ByteBuffer block = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        long elements = new Shape(shapes().get(name)).size();
        for (long first = 0; first < elements; first += block.capacity() / width) {
            block.clear().limit((int) Math.min(block.capacity(), (elements - first) * width));
            read(name, type, first, block);
            digest.update(block.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** SHA-256, hex, that changes with any weight: of the file, of its shards' digests, or of the values where they are a part of a file. */
    String digest();

    /** Closes what {@code path} and its like were opened for; values already read stay. */
    @Override
    void close();
}
