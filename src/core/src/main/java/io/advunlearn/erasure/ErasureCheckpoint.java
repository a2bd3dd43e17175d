package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * {@code checkpoint.safetensors}: trained weights, Adam's moments, the adversarial prompts in use, and the counters. Random numbers need no
 * saving: every iteration's are forked from the seed. Replaced atomically.
 */
final class ErasureCheckpoint {

    static final String FILE = "checkpoint.safetensors";

    private final Path file;
    private final String fingerprint;

    /** @param fingerprint of the request, its settings and the base encoder; a checkpoint of another one is refused */
    ErasureCheckpoint(Path directory, String fingerprint) {
        file = directory.resolve(FILE);
        this.fingerprint = fingerprint;
    }

    /**
     * @param iteration outer steps done
     * @param seconds spent so far
     */
    record Counters(int iteration, long forward, long backward, double seconds, long conceptPosition, long retainPosition) {
    }

    boolean exists() {
        return Files.exists(file);
    }

    /** @param adversarial by name, may be empty */
    void save(Student student, Adam adam, Map<String, NDArray> adversarial, Counters counters) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(student.trained().keySet());
        for (int i = 0; i < names.size(); i++) {
            tensors.put("weight." + names.get(i), student.trained().get(names.get(i)));
            tensors.put("mean." + names.get(i), adam.mean().get(i));
            tensors.put("variance." + names.get(i), adam.variance().get(i));
        }
        adversarial.forEach((name, value) -> tensors.put("adversarial." + name, value));
        ModuleWriter.writeTensors(file, tensors, Map.of("fingerprint", fingerprint,
                "iteration", Integer.toString(counters.iteration()), "adam_steps", Integer.toString(adam.steps()),
                "forward", Long.toString(counters.forward()), "backward", Long.toString(counters.backward()),
                "seconds", Double.toString(counters.seconds()),
                "concept_position", Long.toString(counters.conceptPosition()),
                "retain_position", Long.toString(counters.retainPosition())));
    }

    /**
     * Writes the saved state into the student and the optimiser.
     *
     * @param adversarial filled with the saved adversarial prompts, owned by {@code manager}
     * @throws IllegalStateException if the file belongs to another erasure
     */
    Counters restore(Student student, Adam adam, Map<String, NDArray> adversarial, NDManager manager) {
        try (Safetensors saved = Safetensors.open(file)) {
            Map<String, String> meta = saved.metadata();
            if (!fingerprint.equals(meta.get("fingerprint"))) {
                throw new IllegalStateException(file.getFileName() + " belongs to another request, other settings or another base encoder");
            }
            List<String> names = new ArrayList<>(student.trained().keySet());
            for (int i = 0; i < names.size(); i++) {
                write(saved, "weight." + names.get(i), student.trained().get(names.get(i)));
                write(saved, "mean." + names.get(i), adam.mean().get(i));
                write(saved, "variance." + names.get(i), adam.variance().get(i));
            }
            adam.restore(Integer.parseInt(meta.get("adam_steps")));
            saved.tensors().forEach((name, info) -> {
                if (name.startsWith("adversarial.")) {
                    adversarial.put(name.substring("adversarial.".length()), Tensors.of(manager, saved.floats(name), new Shape(info.shape())));
                }
            });
            return new Counters(Integer.parseInt(meta.get("iteration")), Long.parseLong(meta.get("forward")),
                    Long.parseLong(meta.get("backward")), Double.parseDouble(meta.get("seconds")),
                    Long.parseLong(meta.get("concept_position")), Long.parseLong(meta.get("retain_position")));
        }
    }

    /** Adds an entry [rows, values a row] to what a checkpoint must hold; nothing if there are no rows. @param rows of one length */
    static void putRows(Map<String, NDArray> saved, String name, List<float[]> rows, NDManager scratch) {
        if (!rows.isEmpty()) {
            int width = rows.get(0).length;
            FloatBuffer flat = FloatBuffer.allocate(rows.size() * width);
            rows.forEach(flat::put);
            saved.put(name, Tensors.of(scratch, flat.array(), new Shape(rows.size(), width)));
        }
    }

    /** Takes what {@link #putRows} added out of a checkpoint's entries; empty if it is not there. */
    static List<float[]> takeRows(Map<String, NDArray> saved, String name) {
        try (NDArray rows = saved.remove(name)) {
            if (rows == null) {
                return List.of();
            }
            float[] flat = Tensors.floats(rows);
            int width = (int) rows.getShape().get(1);
            return IntStream.range(0, flat.length / width).mapToObj(i -> Arrays.copyOfRange(flat, i * width, (i + 1) * width)).toList();
        }
    }

    /** In place and by arithmetic: {@code NDArray.set} would give the tensor new storage and cut it off from its gradient-free view. */
    private static void write(Safetensors saved, String name, NDArray tensor) {
        try (NDArray value = Tensors.of(tensor.getManager(), saved.floats(name), tensor.getShape())) {
            Autograd.noGrad(() -> tensor.muli(0).addi(value));
        }
    }
}
