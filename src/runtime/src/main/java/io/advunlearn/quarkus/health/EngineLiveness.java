package io.advunlearn.quarkus.health;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Answers as long as requests are handled at all; a pipeline that cannot load is no reason to restart the process. */
@Liveness
@ApplicationScoped
public class EngineLiveness implements HealthCheck {

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.up("AdvUnlearn");
    }
}
