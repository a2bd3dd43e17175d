package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.access.Access;
import io.advunlearn.quarkus.access.Callers;
import io.advunlearn.quarkus.access.UserIdentities;
import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.admin.AdminApi;
import io.advunlearn.service.admin.AdminPermissions;
import io.advunlearn.service.admin.Problem;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The second lock: whatever way a request found to an admin resource, it passes only if it came over the bridge and its sender has the role that the
 * operation needs. It looks at resources, not at paths, so no spelling of a path can go round it.
 */
@Provider
@AdminOnly
public class AdminGate implements ContainerRequestFilter {

    static final String ADMITTED = AdminGate.class.getName() + ".admitted";

    private static final Logger LOG = Logger.getLogger(AdminGate.class);

    private final UserIdentities users;

    @Context
    RoutingContext routing;

    @Context
    ResourceInfo resource;

    AdminGate(UserIdentities users) {
        this.users = users;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (!Boolean.TRUE.equals(routing.get(ADMITTED))) {
            request.abortWith(Response.status(404).build());
            return;
        }
        Optional<Identity> caller = Callers.keyOwner(routing).or(() -> users.administrator(routing));
        if (caller.isEmpty()) {
            request.abortWith(Responses.of(Access.unauthorized()));
            return;
        }
        String template = template();
        Role needed = AdminPermissions.least(request.getMethod(), template);
        if (caller.get().may(needed)) {
            Callers.admit(routing, caller.get());
        } else {
            LOG.infof("Refused to %s: %s %s", caller.get().name(), request.getMethod(), template);
            request.abortWith(Responses.of(Problem.forbidden(caller.get(), needed, "this operation").answer()));
        }
    }

    /** The matched operation's path below the prefix, with a star for each name. */
    private String template() {
        Path of = resource.getResourceMethod().getAnnotation(Path.class);
        String path = resource.getResourceClass().getAnnotation(Path.class).value().substring(AdminApi.PREFIX.length()) + (of == null ? "" : "/" + of.value());
        return path.replaceAll("/+", "/").replaceAll("\\{[^}]*}", "*").substring(1);
    }
}
