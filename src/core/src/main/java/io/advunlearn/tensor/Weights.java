package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tensors by state-dict name, with a current path, as candle's VarBuilder. Immutable. */
public final class Weights {

    private final Map<String, NDArray> tensors;
    private final String prefix;
    private final String source;

    private Weights(Map<String, NDArray> tensors, String prefix, String source) {
        this.tensors = tensors;
        this.prefix = prefix;
        this.source = source;
    }

    /**
     * Loads every floating point tensor of a safetensors file as fp32 onto a device, owned by the manager. Integer tensors, which
     * state dicts hold only as bookkeeping (position ids), are left out.
     *
     * @throws SafetensorsException if a tensor has a floating point type other than F32, F16 and BF16
     */
    public static Weights load(Safetensors file, NDManager manager, Device device) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        ByteBuffer staging = ByteBuffer.allocate(0);
        for (Map.Entry<String, Safetensors.Info> entry : file.tensors().entrySet()) {
            String name = entry.getKey();
            if (!entry.getValue().dtype().contains("F")) {
                continue;
            }
            int size = Math.toIntExact(Math.multiplyExact(4, file.elements(name)));
            if (staging.capacity() < size) {
                staging = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
            }
            ByteBuffer window = staging.duplicate().order(ByteOrder.nativeOrder()).position(0).limit(size);
            file.widen(name, window.asFloatBuffer());
            tensors.put(name, onDevice(Tensors.own(manager, window, new Shape(entry.getValue().shape()), DataType.FLOAT32), device));
        }
        return new Weights(Collections.unmodifiableMap(tensors), "", file.path().toString());
    }

    private static NDArray onDevice(NDArray array, Device device) {
        if (array.getDevice().equals(device)) {
            return array;
        }
        try (array) {
            return array.toDevice(device, true);
        }
    }

    /** @param tensors full names */
    public static Weights of(Map<String, NDArray> tensors) {
        return new Weights(Collections.unmodifiableMap(new LinkedHashMap<>(tensors)), "", "these weights");
    }

    /** The same tensors below {@code path}. */
    public Weights at(String path) {
        return new Weights(tensors, prefix + path + ".", source);
    }

    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /** @throws IllegalArgumentException naming the full path if it is missing */
    public NDArray get(String name) {
        NDArray tensor = tensors.get(prefix + name);
        if (tensor == null) {
            throw new IllegalArgumentException("tensor " + prefix + name + " is missing in " + source);
        }
        return tensor;
    }

    /** @throws IllegalArgumentException naming the full path if it is missing or has another shape */
    public NDArray get(String name, long... shape) {
        NDArray tensor = get(name);
        if (!tensor.getShape().equals(new Shape(shape))) {
            throw new IllegalArgumentException("tensor " + prefix + name + " in " + source + " has shape " + tensor.getShape()
                    + "; the configuration needs " + new Shape(shape));
        }
        return tensor;
    }

    public boolean has(String name) {
        return tensors.containsKey(prefix + name);
    }

    /** Every tensor by full name, in file order. */
    public Map<String, NDArray> asMap() {
        return tensors;
    }
}
