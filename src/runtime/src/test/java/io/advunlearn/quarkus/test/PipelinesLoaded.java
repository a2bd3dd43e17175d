package io.advunlearn.quarkus.test;

import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.serving.ServedPipeline;
import io.quarkus.arc.Arc;
import io.quarkus.test.junit.callback.QuarkusTestBeforeEachCallback;
import io.quarkus.test.junit.callback.QuarkusTestMethodContext;
import java.time.Duration;

/** Pipelines load while the application answers already: the tests wait until that is over, however it ends. */
public class PipelinesLoaded implements QuarkusTestBeforeEachCallback {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(20);

    @Override
    public void beforeEach(QuarkusTestMethodContext context) {
        // in integration tests the application is another process
        if (Arc.container() == null || !Arc.container().isRunning()) {
            return;
        }
        AdvUnlearnService service = Arc.container().instance(AdvUnlearnService.class).get();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (service != null && !service.pipelines().all().stream().allMatch(ServedPipeline::started)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not loaded after " + LIMIT + ": " + service.pipelines().names());
            }
            sleep();
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(LOOK.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while pipelines load", e);
        }
    }
}
