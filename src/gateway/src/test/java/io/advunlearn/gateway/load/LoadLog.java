package io.advunlearn.gateway.load;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** What happened under load: outcomes, how long images took in each phase, and what must not have happened. Thread-safe. */
final class LoadLog {

    /** What the load is up to. What begins in one phase and ends in another is in the figures of neither. */
    enum Phase { WARM_UP, BEFORE, ERASING, AFTER }

    /**
     * How long images took.
     *
     * @param p50 and the others milliseconds
     */
    record Latency(int count, double p50, double p95, double p99) {

        static Latency of(double[] millis) {
            double[] sorted = millis.clone();
            Arrays.sort(sorted);
            return new Latency(sorted.length, at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99));
        }

        private static double at(double[] sorted, double share) {
            return sorted.length == 0 ? 0 : sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))];
        }
    }

    private final Map<String, AtomicLong> outcomes = new ConcurrentSkipListMap<>();
    private final Map<Phase, Queue<Double>> latencies = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> encoders = new ConcurrentSkipListMap<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private volatile Phase phase = Phase.WARM_UP;

    void enter(Phase next) {
        phase = next;
    }

    Phase phase() {
        return phase;
    }

    void outcome(String what) {
        outcomes.computeIfAbsent(what, key -> new AtomicLong()).incrementAndGet();
    }

    void drawn(String encoder, Phase begun, double millis) {
        encoders.computeIfAbsent(encoder, key -> new AtomicLong()).incrementAndGet();
        if (begun == phase) {
            latencies.computeIfAbsent(begun, key -> new ConcurrentLinkedQueue<>()).add(millis);
        }
    }

    void wrong(String what) {
        wrong.add(what);
    }

    List<String> wrong() {
        return List.copyOf(wrong);
    }

    Map<String, Long> outcomes() {
        return numbers(outcomes);
    }

    /** Requests that each encoder drew. */
    Map<String, Long> encoders() {
        return numbers(encoders);
    }

    private static Map<String, Long> numbers(Map<String, AtomicLong> counters) {
        Map<String, Long> numbers = new TreeMap<>();
        counters.forEach((name, number) -> numbers.put(name, number.get()));
        return numbers;
    }

    Latency latency(Phase... of) {
        return Latency.of(Arrays.stream(of).flatMap(each -> latencies.getOrDefault(each, new ConcurrentLinkedQueue<>()).stream())
                .mapToDouble(Double::doubleValue).toArray());
    }
}
