package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Loads a component beside the active one and proves that what is now in device memory is what its manifest promised. A refused
 * component leaves no memory behind.
 *
 * @param <N> the network
 */
public abstract class ComponentLoader<N> {

    /** Largest relative difference max|a-b| / max|b| between the reference output and the recorded one. */
    static final double REFERENCE_TOLERANCE = 1e-3;

    /** The same for a component that computes in half precision, since outputs are recorded in fp32. */
    static final double HALF_REFERENCE_TOLERANCE = 3e-2;

    private static final String DEFAULT_PROMPT = "a photo";

    private final String noun;
    private final String weightsFile;
    private final Supplier<NDManager> managers;
    private final DeviceLane lane;
    private final DataType type;

    /**
     * @param noun what messages call the component
     * @param weightsFile its name in the component's folder
     * @param managers a manager of its own for every component
     * @param lane the device's queue
     * @param type what the pipeline's own component computes in
     */
    ComponentLoader(String noun, String weightsFile, Supplier<NDManager> managers, DeviceLane lane, DataType type) {
        this.noun = noun;
        this.weightsFile = weightsFile;
        this.managers = managers;
        this.lane = lane;
        this.type = type;
    }

    /** Shapes by state-dict name, as the pipeline's architecture has them. */
    abstract Map<String, long[]> tensors();

    /** @throws IllegalArgumentException naming what does not fit the pipeline */
    abstract void checkArchitecture(Path configJson);

    /** Checks names, shapes, dtypes and that every value is finite. @throws IllegalArgumentException naming the tensor */
    abstract void checkTensors(Safetensors file);

    /** @param manager owns the weights and what the network computes from its configuration */
    abstract N network(Weights weights, NDManager manager);

    /** The tensors that a network was made of. */
    abstract Weights weights(N network);

    /** The network's output for a prompt, as numbers; what it makes goes to {@code scratch}. */
    abstract float[] output(N network, String prompt, NDManager scratch);

    String noun() {
        return noun;
    }

    /** Whether a folder's network is of the pipeline's architecture, by its {@code config.json}. */
    public boolean fits(Path folder) {
        try {
            checkArchitecture(folder.resolve("config.json"));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * The output of a folder's network for a prompt, to be recorded when it is registered: every later load, on whatever device, must
     * give it again. In fp32, whatever the pipeline computes in.
     *
     * @param folder {@code config.json} and the weights file
     * @throws SwapException saying which check failed
     */
    public float[] referenceOutput(Path folder, String prompt) {
        try (NDManager manager = managers.get(); Safetensors file = Safetensors.open(folder.resolve(weightsFile))) {
            checkArchitecture(folder.resolve("config.json"));
            checkTensors(file);
            return reference(network(toDevice(file, manager, DataType.FLOAT32), manager), prompt, manager);
        } catch (IllegalArgumentException | SafetensorsException e) {
            throw new SwapException("the " + noun + " was refused: " + e.getMessage().replace(folder + "/", ""), e);
        }
    }

    /** Device memory of a network's tensors. */
    long bytes(N network) {
        return weights(network).asMap().values().stream().mapToLong(tensor -> tensor.size() * tensor.getDataType().getNumOfBytes()).sum();
    }

    /**
     * Runs the reference prompt through a network that is in memory already.
     *
     * @return milliseconds; 0 if no output was recorded
     * @throws SwapException if it gives another output
     */
    double verifyOutput(N network, ComponentSource source) {
        if (source.referenceOutput().length == 0) {
            return 0;
        }
        long start = System.nanoTime();
        try (NDManager manager = managers.get()) {
            checkReference(network, source, manager);
        } catch (IllegalArgumentException e) {
            throw new SwapException(noun + " '" + source.id() + "' was refused: " + e.getMessage(), e);
        }
        return millisSince(start);
    }

    /** Reads one tensor after the other, each as a piece of serving work, so that images go on between two; hashes them beside it. */
    MemoryChecksum checksum(ComponentSnapshot<N> snapshot) {
        long start = System.nanoTime();
        Weights weights = weights(snapshot.network());
        MessageDigest total = Sha256.newDigest();
        Map<String, String> digests = new TreeMap<>();
        for (String name : new TreeSet<>(tensors().keySet())) {
            ByteBuffer bytes = lane.call(DeviceLane.Priority.SERVING, () -> Tensors.bytes(weights.asMap().get(name)));
            digests.put(name, Sha256.of(bytes));
            total.update(name.getBytes(StandardCharsets.UTF_8));
            total.update(bytes.duplicate());
        }
        return new MemoryChecksum(snapshot.id(), snapshot.digest(), snapshot.generation(), weights.dataType(), Collections.unmodifiableMap(digests),
                HexFormat.of().formatHex(total.digest()), millisSince(start));
    }

    /** A verified component with one hold, and what it took. */
    record Loaded<N>(LoadedComponent<N> component, double loadMillis, double verifyMillis) {
    }

    /** @throws SwapException saying which check failed */
    Loaded<N> load(ComponentSource source) {
        NDManager manager = managers.get();
        try {
            Loaded<N> loaded = load(source, manager);
            manager = null;
            return loaded;
        } catch (IllegalArgumentException | SafetensorsException e) {
            // File names are told, the server's paths are not.
            throw new SwapException(noun + " '" + source.id() + "' was refused: " + e.getMessage().replace(source.directory() + "/", ""), e);
        } catch (IOException e) {
            throw new SwapException(noun + " '" + source.id() + "' could not be read (" + e.getClass().getSimpleName() + ")", e);
        } finally {
            if (manager != null) {
                manager.close();
            }
        }
    }

    private Loaded<N> load(ComponentSource source, NDManager manager) throws IOException {
        Path weights = source.directory().resolve(weightsFile);
        long start = System.nanoTime();
        checkArchitecture(source.directory().resolve("config.json"));
        checkFileDigest(weights, source.digest());
        double verify = millisSince(start);
        try (Safetensors file = Safetensors.open(weights)) {
            start = System.nanoTime();
            checkTensors(file);
            checkStoredDigests(file, source.tensorDigests());
            verify += millisSince(start);

            start = System.nanoTime();
            Weights loaded = toDevice(file, manager, type);
            N network = network(loaded, manager);
            double load = millisSince(start);

            start = System.nanoTime();
            checkMemory(file, source.tensorDigests(), loaded);
            checkReference(network, source, manager);
            verify += millisSince(start);
            return new Loaded<>(new LoadedComponent<>(source.id(), source::digest, source.erasures(), network, manager::close), load, verify);
        }
    }

    private static void checkFileDigest(Path file, String expected) throws IOException {
        String actual = Sha256.of(file);
        if (!actual.equals(expected)) {
            throw new IllegalArgumentException(file.getFileName() + " has SHA-256 " + actual + ", its manifest says " + expected);
        }
    }

    private void checkStoredDigests(Safetensors file, Map<String, String> expected) {
        if (!file.tensors().keySet().equals(expected.keySet())) {
            throw new IllegalArgumentException(weightsFile + " and its manifest name different tensors");
        }
        expected.forEach((name, digest) -> {
            if (!file.sha256(name).equals(digest)) {
                throw new IllegalArgumentException("tensor " + name + " does not have the SHA-256 its manifest says");
            }
        });
    }

    private Weights toDevice(Safetensors file, NDManager manager, DataType as) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        tensors().forEach((name, shape) -> tensors.put(name, Tensors.of(manager, file, name, new Shape(shape), as)));
        return Weights.frozen(tensors);
    }

    /**
     * Widening is exact and narrowing has one right answer, so the file's image in the pipeline's format and the device's memory must agree bit
     * for bit. A file in that format is its own image: the manifest's digest itself must come back from the device.
     */
    private void checkMemory(Safetensors file, Map<String, String> digests, Weights weights) {
        weights.asMap().forEach((name, tensor) -> {
            String expected = file.isStoredAs(name, type) ? digests.get(name) : file.sha256(name, type);
            if (!Sha256.of(Tensors.bytes(tensor)).equals(expected)) {
                throw new IllegalArgumentException("tensor " + name + " in device memory differs from the file");
            }
        });
    }

    private void checkReference(N network, ComponentSource source, NDManager manager) {
        String prompt = source.referencePrompt() == null ? DEFAULT_PROMPT : source.referencePrompt();
        float[] actual = reference(network, prompt, manager);
        float[] expected = source.referenceOutput();
        if (expected.length > actual.length) {
            throw new IllegalArgumentException("the manifest's reference output has " + expected.length + " values, the " + noun + " gives "
                    + actual.length);
        }
        double difference = relativeDifference(actual, expected);
        double tolerance = type == DataType.FLOAT16 ? HALF_REFERENCE_TOLERANCE : REFERENCE_TOLERANCE;
        if (difference > tolerance) {
            throw new IllegalArgumentException("the reference prompt's output differs from the manifest's by " + difference
                    + " (relative), at most " + tolerance + " is accepted");
        }
    }

    private float[] reference(N network, String prompt, NDManager manager) {
        float[] output = lane.callNoGrad(DeviceLane.Priority.BACKGROUND, () -> {
            try (NDManager scratch = manager.newSubManager()) {
                return output(network, prompt, scratch);
            }
        });
        EncoderLayout.requireFinite("(output of the reference prompt)", output);
        return output;
    }

    private static double relativeDifference(float[] actual, float[] expected) {
        double difference = 0;
        double scale = 0;
        for (int i = 0; i < expected.length; i++) {
            difference = Math.max(difference, Math.abs((double) actual[i] - expected[i]));
            scale = Math.max(scale, Math.abs(expected[i]));
        }
        return scale == 0 ? difference : difference / scale;
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }
}
