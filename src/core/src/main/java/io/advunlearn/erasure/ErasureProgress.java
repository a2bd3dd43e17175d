package io.advunlearn.erasure;

import java.util.LinkedHashMap;
import java.util.Map;

/** What an erasure has cost so far, over all its interruptions, and who is told of it. */
final class ErasureProgress {

    private final UnetMeter meter = new UnetMeter();
    private final ErasureListener listener;
    private final int iterations;
    private final long startedAt = System.nanoTime();
    private double secondsBefore;

    /** @param iterations outer steps in all */
    ErasureProgress(ErasureListener listener, int iterations) {
        this.listener = listener;
        this.iterations = iterations;
    }

    /** Counts the UNet's evaluations. */
    UnetMeter meter() {
        return meter;
    }

    /** Goes on from a checkpoint's counters. */
    void restore(ErasureCheckpoint.Counters saved) {
        secondsBefore = saved.seconds();
        meter.restore(saved.forward(), saved.backward());
    }

    /** Wall-clock seconds. */
    double seconds() {
        return secondsBefore + (System.nanoTime() - startedAt) / 1e9;
    }

    /** By the names that events have; the caller may add to it. */
    Map<String, Double> costs() {
        Map<String, Double> costs = new LinkedHashMap<>();
        costs.put("unet_forward", (double) meter.forward());
        costs.put("unet_backward", (double) meter.backward());
        costs.put("seconds", seconds());
        return costs;
    }

    void event(String phase, int iteration, Map<String, Double> values) {
        listener.onEvent(new ErasureEvent(phase, iteration, iterations, values));
    }
}
