package io.advunlearn.service.jobs;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.erasure.ErasureListener;
import io.advunlearn.service.serving.Observers;
import java.util.Set;

/** An erasure's outer steps as metrics and traces see them, on the thread that erases. */
final class ObservedErasure implements ErasureListener {

    /** Phases that are no work on the encoder. */
    private static final Set<String> NO_STEPS = Set.of("checkpoint", "done", "cancelled", "failed");

    private final String pipeline;
    private final Observers observers;
    private long last = System.nanoTime();

    ObservedErasure(String pipeline, Observers observers) {
        this.pipeline = pipeline;
        this.observers = observers;
    }

    @Override
    public void onEvent(ErasureEvent event) {
        long now = System.nanoTime();
        if (!NO_STEPS.contains(event.phase())) {
            observers.tracing().start("erase " + event.phase(), now - last).with("advunlearn.erasure.iteration", event.iteration())
                    .with("advunlearn.erasure.iterations", event.iterations()).end();
        }
        last = now;
        observers.metrics().erasure(pipeline, event);
    }
}
