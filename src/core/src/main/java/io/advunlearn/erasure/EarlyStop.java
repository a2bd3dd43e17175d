package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Ends training when neither the attack nor retention moves: the means of both losses over the last window of steps differ from those of the
 * window before by no more than a twentieth, or than one standard error. Its history is part of a checkpoint, so that a resumed erasure stops where
 * it would have stopped.
 */
final class EarlyStop {

    /** Relative change of a mean that counts as standing still. */
    static final double STILL = 0.05;
    /** Change of the retain loss, which is relative itself, that is too small to matter. */
    static final double NEGLIGIBLE = 1e-3;

    private static final String SAVED = "early_stop";

    private final int window;
    private final List<float[]> history = new ArrayList<>();

    /** @param window steps whose losses are averaged, 0 to never stop */
    EarlyStop(int window) {
        this.window = window;
    }

    /** Notes a step's losses by name; a step without an attack or a retain loss does not count. */
    void record(Map<String, Double> values) {
        Double attack = values.get("loss_attack");
        Double retain = Stream.of("loss_text", "loss_retain").map(values::get).filter(Objects::nonNull).findFirst().orElse(null);
        if (window > 0 && attack != null && retain != null) {
            history.add(new float[] {attack.floatValue(), retain.floatValue()});
            if (history.size() > 2 * window) {
                history.remove(0);
            }
        }
    }

    /** Whether both losses stand still. */
    boolean settled() {
        return window > 0 && history.size() == 2 * window && isStill(0, 0) && isStill(1, NEGLIGIBLE);
    }

    private boolean isStill(int loss, double negligible) {
        double before = mean(loss, 0);
        double now = mean(loss, window);
        double error = Math.sqrt((variance(loss, 0, before) + variance(loss, window, now)) / window);
        return Math.abs(now - before) <= Math.max(negligible, Math.max(STILL * Math.abs(before), error));
    }

    private double variance(int loss, int from, double mean) {
        return history.subList(from, from + window).stream().mapToDouble(step -> (step[loss] - mean) * (step[loss] - mean)).average().orElseThrow();
    }

    private double mean(int loss, int from) {
        return history.subList(from, from + window).stream().mapToDouble(step -> step[loss]).average().orElseThrow();
    }

    /** What a checkpoint must hold [steps, 2]. */
    void save(Map<String, NDArray> saved, NDManager scratch) {
        if (history.isEmpty()) {
            return;
        }
        float[] flat = new float[2 * history.size()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = history.get(i / 2)[i % 2];
        }
        saved.put(SAVED, Tensors.of(scratch, flat, new Shape(history.size(), 2)));
    }

    /** Takes its own entry out of a checkpoint's. */
    void restore(Map<String, NDArray> saved) {
        NDArray rows = saved.remove(SAVED);
        if (rows == null) {
            return;
        }
        float[] flat = Tensors.floats(rows);
        rows.close();
        for (int i = 0; i < flat.length; i += 2) {
            history.add(new float[] {flat[i], flat[i + 1]});
        }
    }
}
