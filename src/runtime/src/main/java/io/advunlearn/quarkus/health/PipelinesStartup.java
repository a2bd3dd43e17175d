package io.advunlearn.quarkus.health;

import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.serving.ServedPipeline;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Startup;

/**
 * Started when the first attempt to load every pipeline is over, so that a restart because of a slow start needs patience for all weights. A
 * pipeline that could not be loaded has started too: another start would not help.
 */
@Startup
@ApplicationScoped
public class PipelinesStartup implements HealthCheck {

    private final AdvUnlearnService service;

    PipelinesStartup(AdvUnlearnService service) {
        this.service = service;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("AdvUnlearn pipelines").status(service.isStarted());
        for (ServedPipeline pipeline : service.pipelines().all()) {
            if (!pipeline.started()) {
                answer.down();
            }
            answer.withData(pipeline.name(), pipeline.started() ? "started" : "loading");
        }
        return answer.build();
    }
}
