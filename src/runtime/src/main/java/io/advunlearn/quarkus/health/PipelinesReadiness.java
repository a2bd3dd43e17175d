package io.advunlearn.quarkus.health;

import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.serving.ServedPipeline;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready when every pipeline is loaded and serves the encoder that the registry wants. */
@Readiness
@ApplicationScoped
public class PipelinesReadiness implements HealthCheck {

    private final AdvUnlearnService service;

    PipelinesReadiness(AdvUnlearnService service) {
        this.service = service;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("AdvUnlearn pipelines").status(service.isStarted());
        for (ServedPipeline pipeline : service.pipelines().all()) {
            pipeline.notReadyInPublic().ifPresent(reason -> answer.down());
            answer.withData(pipeline.name(), pipeline.notReadyInPublic().orElse("ready"));
        }
        return answer.build();
    }
}
