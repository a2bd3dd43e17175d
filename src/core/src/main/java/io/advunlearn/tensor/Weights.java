package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** Tensors by state-dict name, with a current path, as candle's VarBuilder. */
public final class Weights {

    /** Loads every tensor of a safetensors file as fp32 onto a device, owned by the manager. */
    public static Weights load(Safetensors file, NDManager manager, Device device) { throw new IllegalStateException("being written"); }

    /** @param tensors full names */
    public static Weights of(Map<String, NDArray> tensors) { throw new IllegalStateException("being written"); }

    /** The same tensors below {@code path}. */
    public Weights at(String path) { throw new IllegalStateException("being written"); }

    public Weights at(int index) { return at(Integer.toString(index)); }

    /** @throws IllegalArgumentException naming the full path if it is missing */
    public NDArray get(String name) { throw new IllegalStateException("being written"); }

    public boolean has(String name) { throw new IllegalStateException("being written"); }

    /** Every tensor by full name, in file order. */
    public Map<String, NDArray> asMap() { throw new IllegalStateException("being written"); }
}
