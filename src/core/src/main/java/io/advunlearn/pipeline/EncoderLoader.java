package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Loads an encoder beside the active one and proves that what is now in device memory is what its manifest promised. A refused
 * encoder leaves no memory behind.
 */
public final class EncoderLoader {

    /** Largest relative difference max|a-b| / max|b| between the reference output and the recorded one. */
    static final double REFERENCE_TOLERANCE = 1e-3;

    private static final String DEFAULT_PROMPT = "a photo";

    private final ClipTextConfig architecture;
    private final Function<String, int[]> tokenizer;
    private final Supplier<NDManager> managers;
    private final DeviceLane lane;

    /**
     * @param architecture of the pipeline's base encoder
     * @param tokenizer a prompt's ids, padded to the encoder's window
     * @param device where encoders are loaded
     * @param lane the device's queue
     */
    public EncoderLoader(ClipTextConfig architecture, Function<String, int[]> tokenizer, Device device, DeviceLane lane) {
        this(architecture, tokenizer, () -> NDManager.newBaseManager(device), lane);
    }

    /** @param managers a manager of its own for every encoder */
    EncoderLoader(ClipTextConfig architecture, Function<String, int[]> tokenizer, Supplier<NDManager> managers, DeviceLane lane) {
        this.architecture = architecture;
        this.tokenizer = tokenizer;
        this.managers = managers;
        this.lane = lane;
    }

    public static EncoderLoader of(PipelineComponents components) {
        return new EncoderLoader(components.baseEncoder().config(), prompt -> components.tokenizer().encode(prompt).ids(),
                components.device(), components.lane());
    }

    /**
     * The last hidden state [hidden] of a folder's encoder at the prompt's EOS position, to be recorded when it is registered:
     * every later load, on whatever device, must give it again.
     *
     * @param folder CLIPTextModel folder: {@code config.json}, {@code model.safetensors}
     * @throws SwapException saying which check failed
     */
    public float[] referenceOutput(Path folder, String prompt) {
        try (NDManager manager = managers.get(); Safetensors file = Safetensors.open(folder.resolve("model.safetensors"))) {
            EncoderLayout.checkArchitecture(architecture, ClipTextConfig.read(folder.resolve("config.json")));
            EncoderLayout.check(file, architecture);
            return reference(new ClipTextModel(architecture, Weights.of(toDevice(file, manager))), prompt, manager);
        } catch (IllegalArgumentException | SafetensorsException e) {
            throw new SwapException("the encoder was refused: " + e.getMessage().replace(folder + "/", ""), e);
        }
    }

    /** A verified encoder with one hold, and what it took. */
    record Loaded(LoadedEncoder encoder, double loadMillis, double verifyMillis) {
    }

    /** @throws SwapException saying which check failed */
    Loaded load(EncoderSource source) {
        NDManager manager = managers.get();
        try {
            Loaded loaded = load(source, manager);
            manager = null;
            return loaded;
        } catch (IllegalArgumentException | SafetensorsException e) {
            // File names are told, the server's paths are not.
            throw new SwapException("encoder '" + source.id() + "' was refused: " + e.getMessage().replace(source.directory() + "/", ""), e);
        } catch (IOException e) {
            throw new SwapException("encoder '" + source.id() + "' could not be read (" + e.getClass().getSimpleName() + ")", e);
        } finally {
            if (manager != null) {
                manager.close();
            }
        }
    }

    private Loaded load(EncoderSource source, NDManager manager) throws IOException {
        Path weightsFile = source.directory().resolve("model.safetensors");
        long start = System.nanoTime();
        EncoderLayout.checkArchitecture(architecture, ClipTextConfig.read(source.directory().resolve("config.json")));
        checkFileDigest(weightsFile, source.digest());
        double verify = millisSince(start);
        try (Safetensors file = Safetensors.open(weightsFile)) {
            start = System.nanoTime();
            EncoderLayout.check(file, architecture);
            checkStoredDigests(file, source.tensorDigests());
            verify += millisSince(start);

            start = System.nanoTime();
            Map<String, NDArray> tensors = toDevice(file, manager);
            ClipTextModel network = new ClipTextModel(architecture, Weights.of(tensors));
            double load = millisSince(start);

            start = System.nanoTime();
            checkMemory(file, source.tensorDigests(), tensors);
            checkReference(network, source, manager);
            verify += millisSince(start);
            return new Loaded(new LoadedEncoder(source.id(), source.digest(), source.erasures(), network, manager::close), load, verify);
        }
    }

    private static void checkFileDigest(Path file, String expected) throws IOException {
        String actual = Sha256.of(file);
        if (!actual.equals(expected)) {
            throw new IllegalArgumentException("model.safetensors has SHA-256 " + actual + ", its manifest says " + expected);
        }
    }

    private static void checkStoredDigests(Safetensors file, Map<String, String> expected) {
        if (!file.tensors().keySet().equals(expected.keySet())) {
            throw new IllegalArgumentException("model.safetensors and its manifest name different tensors");
        }
        expected.forEach((name, digest) -> {
            if (!file.sha256(name).equals(digest)) {
                throw new IllegalArgumentException("tensor " + name + " does not have the SHA-256 its manifest says");
            }
        });
    }

    private Map<String, NDArray> toDevice(Safetensors file, NDManager manager) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        EncoderLayout.tensors(architecture).forEach((name, shape) ->
                tensors.put(name, Tensors.of(manager, file.floats(name), new Shape(shape))));
        return tensors;
    }

    /**
     * Widening is exact, so the file's fp32 image and the device's memory must agree bit for bit. An fp32 file is its own image:
     * the manifest's digest itself must come back from the device.
     */
    private static void checkMemory(Safetensors file, Map<String, String> digests, Map<String, NDArray> tensors) {
        tensors.forEach((name, tensor) -> {
            boolean stored = file.tensors().get(name).dtype().equals("F32");
            String expected = stored ? digests.get(name) : Sha256.of(file.floats(name));
            if (!Sha256.of(tensor.toByteBuffer()).equals(expected)) {
                throw new IllegalArgumentException("tensor " + name + " in device memory differs from the file");
            }
        });
    }

    private void checkReference(ClipTextModel network, EncoderSource source, NDManager manager) {
        String prompt = source.referencePrompt() == null ? DEFAULT_PROMPT : source.referencePrompt();
        float[] actual = reference(network, prompt, manager);
        float[] expected = source.referenceOutput();
        if (expected.length > actual.length) {
            throw new IllegalArgumentException("the manifest's reference output has " + expected.length + " values, the encoder gives "
                    + actual.length);
        }
        double difference = relativeDifference(actual, expected);
        if (difference > REFERENCE_TOLERANCE) {
            throw new IllegalArgumentException("the reference prompt's output differs from the manifest's by " + difference
                    + " (relative), at most " + REFERENCE_TOLERANCE + " is accepted");
        }
    }

    private float[] reference(ClipTextModel network, String prompt, NDManager manager) {
        long[] ids = Arrays.stream(tokenizer.apply(prompt)).asLongStream().toArray();
        float[] output = lane.call(DeviceLane.Priority.BACKGROUND, () -> Autograd.noGrad(() -> {
            try (NDManager step = manager.newSubManager()) {
                return network.forward(Tensors.of(step, ids, new Shape(1, ids.length))).pooled().toFloatArray();
            }
        }));
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
