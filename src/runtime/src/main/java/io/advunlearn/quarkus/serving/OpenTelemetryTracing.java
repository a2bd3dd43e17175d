package io.advunlearn.quarkus.serving;

import io.advunlearn.service.serving.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.quarkus.arc.DefaultBean;
import java.time.Instant;

/** The service's traces in OpenTelemetry; a bean in applications that have it. */
@DefaultBean
public class OpenTelemetryTracing implements Tracing {

    private final Tracer tracer;

    OpenTelemetryTracing(OpenTelemetry telemetry) {
        tracer = telemetry.getTracer("io.advunlearn");
    }

    @Override
    public Span start(String name, long nanosAgo) {
        return new OpenTelemetrySpan(tracer.spanBuilder(name).setStartTimestamp(before(nanosAgo)).startSpan());
    }

    @Override
    public Runnable carried(Runnable work) {
        return Context.current().wrap(work);
    }

    private static Instant before(long nanosAgo) {
        return Instant.now().minusNanos(nanosAgo);
    }

    private record OpenTelemetrySpan(io.opentelemetry.api.trace.Span span) implements Span {

        @Override
        public Span with(String attribute, String value) {
            span.setAttribute(attribute, value);
            return this;
        }

        @Override
        public Span with(String attribute, long value) {
            span.setAttribute(AttributeKey.longKey(attribute), value);
            return this;
        }

        @Override
        public Span with(String attribute, double value) {
            span.setAttribute(AttributeKey.doubleKey(attribute), value);
            return this;
        }

        @Override
        public void failed(Throwable failure) {
            span.setStatus(StatusCode.ERROR);
            span.setAttribute("error.type", failure.getClass().getName());
        }

        @Override
        public Scope enter() {
            return Context.current().with(span).makeCurrent()::close;
        }

        @Override
        public void end(long nanosAgo) {
            span.end(before(nanosAgo));
        }
    }
}
