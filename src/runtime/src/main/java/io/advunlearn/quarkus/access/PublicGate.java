package io.advunlearn.quarkus.access;

import io.advunlearn.quarkus.rest.AnswerHeaders;
import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.images.Unauthorized;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;

/** Finds out whose request to the image API it is. A wrong credential never counts as none. */
@Provider
@PublicApi
public class PublicGate implements ContainerRequestFilter {

    private final Access access;
    private final UserIdentities users;

    @Context
    RoutingContext routing;

    PublicGate(Access access, UserIdentities users) {
        this.access = access;
        this.users = users;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        AnswerHeaders.set(routing);
        try {
            Callers.admit(routing, client().at(routing.request().remoteAddress().hostAddress()));
        } catch (IllegalArgumentException e) {
            request.abortWith(Responses.of(Unauthorized.answer(e.getMessage())));
        }
    }

    /** @throws IllegalArgumentException saying what is wrong with the credential */
    private Identity client() {
        if (Callers.hasWrongKey(routing)) {
            throw new IllegalArgumentException("the API key is wrong, expired or revoked");
        }
        Optional<Identity> owner = Callers.keyOwner(routing);
        if (owner.isPresent()) {
            return owner.filter(identity -> identity.tenant() != null)
                    .orElseThrow(() -> new IllegalArgumentException("the API key is one of the admin API; the image API needs one of a tenant"));
        }
        return users.client(routing).orElseGet(this::anonymous);
    }

    private Identity anonymous() {
        if (access.hasKeysFile() && Access.bearer(routing.request()) != null) {
            throw new IllegalArgumentException("the header Authorization does not carry an API key of this server");
        }
        if (!access.config().anonymous()) {
            throw new IllegalArgumentException("the header Authorization: Bearer must carry an API key");
        }
        return Identity.anonymous(null);
    }
}
