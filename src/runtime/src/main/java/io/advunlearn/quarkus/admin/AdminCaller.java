package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.access.Callers;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.admin.AdminApi;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.enterprise.context.ApplicationScoped;

/** The admin API on behalf of whoever sent the request that is being answered. */
@ApplicationScoped
public class AdminCaller {

    private final AdminApi admin;
    private final CurrentVertxRequest request;

    AdminCaller(AdvUnlearnService service, CurrentVertxRequest request) {
        admin = service.admin();
        this.request = request;
    }

    /** @throws IllegalStateException if {@link AdminGate} did not admit the request */
    AdminApi api() {
        return admin.as(Callers.caller(request.getCurrent()));
    }
}
