package io.advunlearn.service.serving;

/** Who follows what the service does. */
public record Observers(ServingMetrics metrics, Tracing tracing, ServingEvents events) {

    public static final Observers NONE = of(ServingMetrics.NONE);

    /** Metrics alone. */
    public static Observers of(ServingMetrics metrics) {
        return new Observers(metrics, Tracing.NONE, ServingEvents.NONE);
    }
}
