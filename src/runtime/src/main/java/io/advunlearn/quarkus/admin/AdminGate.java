package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;

/**
 * The second lock: whatever way a request found to an admin resource, it passes only if it came over the bridge and has the
 * key. It looks at resources, not at paths, so no spelling of a path can go round it.
 */
@Provider
@AdminOnly
public class AdminGate implements ContainerRequestFilter {

    static final String ADMITTED = AdminGate.class.getName() + ".admitted";

    private final AdminKey key;

    @Context
    RoutingContext routing;

    AdminGate(AdminKey key) {
        this.key = key;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (!Boolean.TRUE.equals(routing.get(ADMITTED))) {
            request.abortWith(Response.status(404).build());
        } else if (!key.matches(request.getHeaderString(AdminKey.HEADER))) {
            request.abortWith(Responses.of(AdminKey.unauthorized()));
        }
    }
}
