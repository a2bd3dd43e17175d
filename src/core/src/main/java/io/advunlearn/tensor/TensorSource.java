package io.advunlearn.tensor;

import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Named tensors on disk, of one file or of several. Thread-safe. */
public interface TensorSource extends AutoCloseable {

    /** The file that messages name. */
    Path path();

    /** Shapes of the floating point tensors by name. Integer ones, which state dicts hold as bookkeeping (position ids), are left out. */
    Map<String, long[]> shapes();

    /**
     * Reads values widened to fp32.
     *
     * @param first element to begin with, in row-major order
     * @param target native byte order, filled up to its limit
     * @throws SafetensorsException if the tensor is missing, is no F32, F16 or BF16, or the file became shorter
     */
    void read(String name, long first, ByteBuffer target);

    /**
     * A tensor as the file's own pages, in native byte order; none where the file has another format, another order or a part of it at an odd place.
     * Whoever shortens or overwrites the file changes what is read; a file that is replaced by another of its name stays.
     */
    default Optional<MappedByteBuffer> mapped(String name) {
        return Optional.empty();
    }

    /** SHA-256, hex, that changes with any weight: of the file, of its shards' digests, or of the values where they are a part of a file. */
    String digest();

    /** Closes what {@code path} and its like were opened for; values already read stay. */
    @Override
    void close();
}
