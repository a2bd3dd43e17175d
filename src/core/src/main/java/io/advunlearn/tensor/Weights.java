package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Tensors by state-dict name, with a current path, as candle's VarBuilder. Immutable. */
public final class Weights {

    private final Map<String, NDArray> tensors;
    private final String prefix;
    private final String source;
    /** Names that were asked for, shared by all paths. */
    private final Set<String> used;
    private final boolean frozen;
    /** What was asked for and in which shape, of weights that are not there; otherwise {@code null}. */
    private Map<String, long[]> layout;

    private Weights(Map<String, NDArray> tensors, String prefix, String source, Set<String> used, boolean frozen) {
        this.tensors = tensors;
        this.frozen = frozen;
        this.used = used;
        this.prefix = prefix;
        this.source = source;
    }

    /** As the other form, every floating point tensor as fp32. */
    public static Weights load(TensorSource file, NDManager manager, Device device) {
        return load(file, manager, device, DataType.FLOAT32);
    }

    /**
     * Loads every floating point tensor onto a device, owned by the manager. The values are read straight into the engine's memory, so that
     * loading takes little more than the weights themselves.
     *
     * @param type FLOAT32 or FLOAT16
     * @throws SafetensorsException if a tensor has a floating point type other than F32, F16 and BF16, or holds a number too large for the type
     */
    public static Weights load(TensorSource file, NDManager manager, Device device, DataType type) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        file.shapes().forEach((name, shape) -> tensors.put(name, Tensors.read(manager, device, file, name, new Shape(shape), type)));
        return new Weights(Collections.unmodifiableMap(tensors), "", file.path().toString(), ConcurrentHashMap.newKeySet(), true);
    }

    /** @param tensors full names; their values may change while a network uses them, as in training */
    public static Weights of(Map<String, NDArray> tensors) {
        return of(tensors, false);
    }

    /** @param tensors full names; nobody changes their values, so that a network may keep what it computes of them */
    public static Weights frozen(Map<String, NDArray> tensors) {
        return of(tensors, true);
    }

    private static Weights of(Map<String, NDArray> tensors, boolean frozen) {
        return new Weights(Collections.unmodifiableMap(new LinkedHashMap<>(tensors)), "", "these weights", ConcurrentHashMap.newKeySet(), frozen);
    }

    /**
     * The tensors that a network is made of, in the order in which it asks for them.
     *
     * @param manager lends the network arrays of these shapes while it is made; they take no memory
     * @param network makes it, and computes nothing
     */
    public static Map<String, long[]> shapes(NDManager manager, Function<Weights, ?> network) {
        try (NDManager scratch = manager.newSubManager()) {
            Weights weights = of(Map.of("", Tensors.of(scratch, new float[1], new Shape())));
            weights.layout = new LinkedHashMap<>();
            network.apply(weights);
            return weights.layout;
        }
    }

    /** Whether the values never change: loaded from a file, or {@link #frozen(Map)}. */
    public boolean isFrozen() {
        return frozen;
    }

    /** What they are computed in. */
    public DataType dataType() {
        return tensors.isEmpty() ? DataType.FLOAT32 : tensors.values().iterator().next().getDataType();
    }

    /** The same tensors below {@code path}. */
    public Weights at(String path) {
        Weights below = new Weights(tensors, prefix + path + ".", source, used, frozen);
        below.layout = layout;
        return below;
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
        used.add(prefix + name);
        return tensor;
    }

    /** @throws IllegalArgumentException naming the full path if it is missing or has another shape */
    public NDArray get(String name, long... shape) {
        if (layout != null) {
            layout.put(prefix + name, shape);
            return tensors.get("").broadcast(new Shape(shape));
        }
        NDArray tensor = get(name);
        if (!tensor.getShape().equals(new Shape(shape))) {
            throw new IllegalArgumentException("tensor " + prefix + name + " in " + source + " has shape " + tensor.getShape()
                    + "; the configuration needs " + new Shape(shape));
        }
        return tensor;
    }

    /**
     * Refuses weights that the network made of them does not use: its configuration describes another one, which would draw something else.
     *
     * @throws IllegalArgumentException naming one of them
     */
    public void requireAllUsed() {
        List<String> unused = tensors.keySet().stream().filter(name -> !used.contains(name)).toList();
        if (!unused.isEmpty()) {
            throw new IllegalArgumentException("tensor " + unused.get(0) + (unused.size() > 1 ? " and " + (unused.size() - 1) + " more" : "") + " in " + source
                    + " belong to no layer of the configuration");
        }
    }

    public boolean has(String name) {
        return tensors.containsKey(prefix + name);
    }

    /** Every tensor by full name, in file order. */
    public Map<String, NDArray> asMap() {
        return tensors;
    }
}
