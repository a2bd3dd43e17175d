package io.advunlearn.service.serving;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.StageListener;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * One request as metrics and traces see it: from its place in the queue to its images. Begun on the request's thread, whose span is the
 * parent; drawn on the queue's.
 */
final class ObservedGeneration implements StageListener {

    private static final String OPERATION = "generate_content";

    private final String pipeline;
    private final Observers observers;
    private final Tracing.Span span;
    private final long queuedAt = System.nanoTime();

    ObservedGeneration(String pipeline, GenerationRequest request, Observers observers) {
        this.pipeline = pipeline;
        this.observers = observers;
        span = observers.tracing().start(OPERATION + " " + pipeline).with("gen_ai.operation.name", OPERATION).with("gen_ai.provider.name", "advunlearn")
                .with("gen_ai.output.type", "image").with("gen_ai.request.model", pipeline).with("gen_ai.request.choice.count", request.seeds().size())
                .with("gen_ai.request.seed", request.seeds().get(0)).with("advunlearn.request.steps", request.steps())
                .with("advunlearn.request.guidance_scale", request.guidanceScale());
    }

    /** Draws, on the thread of the queue that has its turn. */
    GenerationResult draw(Supplier<GenerationResult> work) {
        long start = System.nanoTime();
        String outcome = "error";
        try (Tracing.Scope scope = span.enter()) {
            observers.tracing().start("queue", start - queuedAt).end();
            observers.metrics().stage(pipeline, "queue", start - queuedAt);
            GenerationResult result = work.get();
            outcome = "success";
            observers.metrics().images(pipeline, result.encoderId(), result.images().size());
            span.with("gen_ai.response.model", pipeline).with("advunlearn.encoder.id", result.encoderId())
                    .with("advunlearn.encoder.digest", result.encoderDigest()).with("advunlearn.encoder.generation", result.generation());
            return result;
        } catch (CancellationException e) {
            outcome = "cancelled";
            throw e;
        } finally {
            observers.metrics().generation(pipeline, outcome, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    @Override
    public End begin(Stage stage) {
        long start = System.nanoTime();
        Tracing.Span part = observers.tracing().start(stage.word());
        return () -> {
            observers.metrics().stage(pipeline, stage.word(), System.nanoTime() - start);
            part.end();
        };
    }

    /** It found no place in the queue. */
    void refused(RuntimeException failure) {
        if (failure instanceof BusyException) {
            observers.metrics().refused(pipeline, "queue_full");
        }
        span.failed(failure);
        span.end();
    }

    /** It is over: drawn, failed, cancelled or no longer wanted in the queue. @param failure {@code null} if it was drawn */
    void done(Throwable failure) {
        if (failure instanceof BusyException) {
            observers.metrics().refused(pipeline, "queue_timeout");
        }
        if (failure != null) {
            span.failed(failure);
        }
        span.end();
    }
}
