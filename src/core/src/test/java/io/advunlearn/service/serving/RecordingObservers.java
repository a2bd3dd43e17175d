package io.advunlearn.service.serving;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.pipeline.SwapResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;

/** Writes down what it is told. */
public final class RecordingObservers {

    /** One line a call, without times. */
    public final List<String> metrics = new CopyOnWriteArrayList<>();
    public final List<String> events = new CopyOnWriteArrayList<>();
    /** Ended ones, in the order of their ends. */
    public final List<RecordedSpan> spans = new CopyOnWriteArrayList<>();
    public final Map<String, IntSupplier> gauges = new ConcurrentHashMap<>();
    private final ThreadLocal<RecordedSpan> current = new ThreadLocal<>();

    public Observers observers() {
        return new Observers(new Metrics(), new Traces(), new Events());
    }

    public List<RecordedSpan> spans(String name) {
        return spans.stream().filter(span -> span.name.equals(name)).toList();
    }

    private final class Metrics implements ServingMetrics {

        @Override
        public void queue(String pipeline, IntSupplier depth, IntSupplier active) {
            gauges.put("depth", depth);
            gauges.put("active", active);
        }

        @Override
        public void loadedEncoders(String pipeline, IntSupplier count) {
            gauges.put("loaded", count);
        }

        @Override
        public void encoders(String pipeline, List<EncoderVersion> active) {
            metrics.add("encoders " + pipeline + " " + active.stream().map(version -> version.id() + "#" + version.generation()).toList());
        }

        @Override
        public void refused(String pipeline, String reason) {
            metrics.add("refused " + pipeline + " " + reason);
        }

        @Override
        public void stage(String pipeline, String stage, long nanos) {
            metrics.add("stage " + stage + (nanos >= 0 ? "" : " negative"));
        }

        @Override
        public void images(String pipeline, String encoder, int count) {
            metrics.add("images " + encoder + " " + count);
        }

        @Override
        public void generation(String pipeline, String outcome, Duration time) {
            metrics.add("generation " + outcome);
        }

        @Override
        public void swap(String pipeline, String kind, String outcome, Duration time) {
            metrics.add("swap " + kind + " " + outcome);
        }

        @Override
        public void erasure(String pipeline, ErasureEvent event) {
            metrics.add("erasure " + event.phase() + " " + event.iteration() + "/" + event.iterations() + " " + event.values().keySet());
        }

        @Override
        public void jobs(String kind, IntSupplier queued, IntSupplier running) {
            gauges.put(kind + " queued", queued);
            gauges.put(kind + " running", running);
        }

        @Override
        public void jobFinished(String kind, String state) {
            metrics.add(kind + " " + state);
        }
    }

    private final class Events implements ServingEvents {

        @Override
        public void pipelineReady(ServedPipeline pipeline) {
            events.add("ready " + pipeline.name());
        }

        @Override
        public void encoderSwapped(String pipeline, String kind, SwapResult swap) {
            events.add("swapped " + kind + " " + swap.previous() + " -> " + swap.encoder());
        }

        @Override
        public void jobFinished(String kind, String job, String pipeline, String state) {
            events.add(kind + " " + state + " " + pipeline);
        }
    }

    private final class Traces implements Tracing {

        @Override
        public Span start(String name, long nanosAgo) {
            return new RecordedSpan(name, current.get(), System.nanoTime() - nanosAgo);
        }

        @Override
        public Runnable carried(Runnable work) {
            RecordedSpan mine = current.get();
            return () -> {
                current.set(mine);
                work.run();
            };
        }
    }

    /** A span and what it was told. */
    public final class RecordedSpan implements Tracing.Span {

        public final String name;
        public final RecordedSpan parent;
        public final Map<String, Object> attributes = new ConcurrentHashMap<>();
        public final long start;
        public volatile long end;
        public volatile Throwable failure;

        RecordedSpan(String name, RecordedSpan parent, long start) {
            this.name = name;
            this.parent = parent;
            this.start = start;
        }

        @Override
        public Tracing.Span with(String attribute, String value) {
            attributes.put(attribute, value);
            return this;
        }

        @Override
        public Tracing.Span with(String attribute, long value) {
            attributes.put(attribute, value);
            return this;
        }

        @Override
        public Tracing.Span with(String attribute, double value) {
            attributes.put(attribute, value);
            return this;
        }

        @Override
        public void failed(Throwable why) {
            failure = why;
        }

        @Override
        public Tracing.Scope enter() {
            RecordedSpan before = current.get();
            current.set(this);
            return () -> current.set(before);
        }

        @Override
        public void end(long nanosAgo) {
            end = System.nanoTime() - nanosAgo;
            spans.add(this);
        }
    }
}
