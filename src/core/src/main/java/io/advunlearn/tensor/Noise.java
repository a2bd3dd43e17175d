package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;

/** The only source of random numbers: seeded, drawn on the JVM, the same on every device, operating system and Java version. Not thread-safe. */
public final class Noise {

    private final long seed;
    private final SplittableRandom random;

    public Noise(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** An independent stream for a named purpose; does not advance this one. */
    public Noise fork(String purpose) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).flip());
            digest.update(purpose.getBytes(StandardCharsets.UTF_8));
            return new Noise(ByteBuffer.wrap(digest.digest()).getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Standard normal fp32. */
    public NDArray normal(NDManager manager, Shape shape) {
        return Tensors.of(manager, normal(Math.toIntExact(shape.size())), shape);
    }

    /**
     * Standard normal fp32 whose rows come from a stream each.
     *
     * @param shape [streams.length, ...]
     */
    public static NDArray rows(NDManager manager, Noise[] streams, Shape shape) {
        float[] values = new float[Math.toIntExact(shape.size())];
        int row = values.length / streams.length;
        for (int i = 0; i < streams.length; i++) {
            System.arraycopy(streams[i].normal(row), 0, values, i * row, row);
        }
        return Tensors.of(manager, values, shape);
    }

    /** Standard normal values (Box-Muller). */
    public float[] normal(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i += 2) {
            // StrictMath, and not nextGaussian: the bits may not depend on the platform or the Java version
            double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
            double angle = 2 * StrictMath.PI * nextDouble();
            values[i] = (float) (radius * StrictMath.cos(angle));
            if (i + 1 < count) {
                values[i + 1] = (float) (radius * StrictMath.sin(angle));
            }
        }
        return values;
    }

    /** Uniform in [0, bound). */
    public int nextInt(int bound) {
        return random.nextInt(bound);
    }

    /** Uniform in [0, 1). */
    public double nextDouble() {
        return (random.nextLong() >>> 11) * 0x1p-53;
    }
}
