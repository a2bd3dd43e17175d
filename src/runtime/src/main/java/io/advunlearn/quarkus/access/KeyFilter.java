package io.advunlearn.quarkus.access;

import io.advunlearn.service.access.Keyring;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Takes keys of the keys file out of {@code Authorization}, before an authentication mechanism of the application sees them: OIDC would refuse what
 * is no token of its own.
 */
@ApplicationScoped
public class KeyFilter {

    /** Before authentication. */
    private static final int PRIORITY = 1100;

    private final Access access;

    KeyFilter(Access access) {
        this.access = access;
    }

    void mount(@Observes Filters filters) {
        filters.register(this::take, PRIORITY);
    }

    private void take(RoutingContext context) {
        String bearer = Access.bearer(context.request());
        if (Keyring.isKey(bearer) && access.hasKeysFile()) {
            access.find(bearer).ifPresentOrElse(owner -> Callers.keyOwner(context, owner), () -> Callers.wrongKey(context));
            context.request().headers().remove(HttpHeaders.AUTHORIZATION);
        }
        context.next();
    }
}
