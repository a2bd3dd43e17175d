package io.advunlearn.quarkus.serving;

import io.advunlearn.erasure.ErasureEvent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where the running or last erasure of a pipeline stands. An event need not have every figure: the last one known is told. */
final class ErasureFigures {

    private final Map<String, Double> values = new ConcurrentHashMap<>();
    private volatile int iteration;
    private volatile int iterations;

    void accept(ErasureEvent event) {
        if (event.iteration() < iteration) {
            // Another erasure.
            values.clear();
        }
        iteration = event.iteration();
        iterations = event.iterations();
        values.putAll(event.values());
    }

    int iteration() {
        return iteration;
    }

    int iterations() {
        return iterations;
    }

    /** NaN before it is known. */
    double value(String name) {
        return values.getOrDefault(name, Double.NaN);
    }
}
