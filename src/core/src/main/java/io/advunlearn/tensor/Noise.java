package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** The only source of random numbers: seeded, drawn on the JVM, the same on every device. Not thread-safe. */
public final class Noise {

    public Noise(long seed) { throw new IllegalStateException("being written"); }

    /** An independent stream for a named purpose; does not advance this one. */
    public Noise fork(String purpose) { throw new IllegalStateException("being written"); }

    /** Standard normal fp32. */
    public NDArray normal(NDManager manager, Shape shape) { throw new IllegalStateException("being written"); }

    /** Standard normal values. */
    public float[] normal(int count) { throw new IllegalStateException("being written"); }

    /** Uniform in [0, bound). */
    public int nextInt(int bound) { throw new IllegalStateException("being written"); }

    /** Uniform in [0, 1). */
    public double nextDouble() { throw new IllegalStateException("being written"); }
}
