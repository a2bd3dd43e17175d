package io.advunlearn.service.serving;

import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.SwapInProgressException;
import io.advunlearn.pipeline.SwapResult;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** The swaps of one pipeline as metrics, traces and listeners see them. */
final class ObservedSwaps {

    private final String pipeline;
    private final Observers observers;
    private final Runnable afterwards;

    /** @param afterwards what to run after every swap that happened */
    ObservedSwaps(String pipeline, Observers observers, Runnable afterwards) {
        this.pipeline = pipeline;
        this.observers = observers;
        this.afterwards = afterwards;
    }

    /** @param kind as {@link ServingMetrics#swap} has it */
    SwapResult run(String kind, Supplier<SwapResult> swap) {
        return runIfNeeded(kind, () -> Optional.of(swap.get())).orElseThrow();
    }

    /** As {@link #run}, of what looks whether there is anything to swap, which leaves no trace by itself. */
    Optional<SwapResult> runIfNeeded(String kind, Supplier<Optional<SwapResult>> swap) {
        long start = System.nanoTime();
        try {
            Optional<SwapResult> result = swap.get();
            result.ifPresent(done -> happened(kind, done, System.nanoTime() - start));
            return result;
        } catch (RuntimeException e) {
            long nanos = System.nanoTime() - start;
            observers.metrics().swap(pipeline, kind, outcome(e), Duration.ofNanos(nanos));
            Tracing.Span span = span(kind, nanos);
            span.failed(e);
            span.end();
            throw e;
        }
    }

    private static String outcome(RuntimeException failure) {
        return failure instanceof SwapInProgressException ? "busy" : failure instanceof BelowFloorException ? "below_floor" : "refused";
    }

    private void happened(String kind, SwapResult result, long nanos) {
        observers.metrics().swap(pipeline, kind, "success", Duration.ofNanos(nanos));
        Tracing.Span span = span(kind, nanos).with("advunlearn.encoder.id", result.encoder()).with("advunlearn.encoder.digest", result.digest())
                .with("advunlearn.encoder.generation", result.generation()).with("advunlearn.encoder.previous", result.previous());
        try (Tracing.Scope scope = span.enter()) {
            long loaded = nanos - nanos(result.loadMillis());
            part("load", nanos, loaded);
            part("verify", loaded, loaded - nanos(result.verifyMillis()));
            part("flip", nanos(result.flipMillis()), 0);
        }
        span.end();
        observers.events().encoderSwapped(pipeline, kind, result);
        afterwards.run();
    }

    private Tracing.Span span(String kind, long nanos) {
        return observers.tracing().start("swap " + pipeline, nanos).with("gen_ai.request.model", pipeline).with("advunlearn.swap.kind", kind);
    }

    /** What the swap says how long it took; both in nanoseconds before its end. */
    private void part(String name, long from, long to) {
        observers.tracing().start(name, Math.max(from, 0)).end(Math.max(to, 0));
    }

    private static long nanos(double millis) {
        return Math.round(millis * 1e6);
    }
}
