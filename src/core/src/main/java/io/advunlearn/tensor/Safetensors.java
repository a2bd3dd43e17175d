package io.advunlearn.tensor;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A memory-mapped safetensors file. Every malformed file is refused with a {@link SafetensorsException} that names the tensor and the reason. */
public final class Safetensors implements AutoCloseable {

    public static Safetensors open(Path file) { throw new IllegalStateException("being written"); }

    /** @param dtype F32, F16, BF16, I64, I32, U8 ... as written */
    public record Info(String dtype, long[] shape, long begin, long end) { }

    public Path path() { throw new IllegalStateException("being written"); }

    /** Tensors in file order. */
    public Map<String, Info> tensors() { throw new IllegalStateException("being written"); }

    public Map<String, String> metadata() { throw new IllegalStateException("being written"); }

    /** The tensor widened to fp32 (F32, F16, BF16). */
    public float[] floats(String name) { throw new IllegalStateException("being written"); }

    /** The tensor's raw little-endian bytes in its stored dtype. */
    public java.nio.ByteBuffer bytes(String name) { throw new IllegalStateException("being written"); }

    /** SHA-256 of {@link #bytes}, hex. */
    public String sha256(String name) { throw new IllegalStateException("being written"); }

    /** Writes fp32 tensors; written beside and moved into place. */
    public static void write(Path file, Map<String, float[]> values, Map<String, long[]> shapes, Map<String, String> metadata) { throw new IllegalStateException("being written"); }

    @Override
    public void close() { }
}
