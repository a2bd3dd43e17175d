package io.advunlearn.quarkus.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.quarkus.config.AccessConfig;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What the application's own users are here: whoever OIDC, or any other authentication mechanism of Quarkus, has authenticated. */
@ApplicationScoped
public class UserIdentities {

    /** Before the names of users in the audit log, so that none can be taken for a key. */
    private static final String PREFIX = "user/";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AccessConfig config;

    UserIdentities(Access access) {
        config = access.config();
    }

    static void checkRoles(Map<String, List<String>> roles) {
        roles.keySet().forEach(role -> Role.of("the role in quarkus.advunlearn.access.roles", role));
    }

    /** The user with the role on the admin API; empty if nobody is authenticated. Blocks if authentication is lazy. */
    public Optional<Identity> administrator(RoutingContext request) {
        return user(request).map(user -> new Identity(name(user), role(user), null, null));
    }

    /**
     * The user with the tenant on the image API; empty if nobody is authenticated. Blocks if authentication is lazy.
     *
     * @throws IllegalArgumentException if the user's token has no tenant, although a claim for it is configured
     */
    Optional<Identity> client(RoutingContext request) {
        return user(request).map(user -> new Identity(name(user), null, config.tenantClaim().map(claim -> tenant(user, claim)).orElse(null), null));
    }

    private static Optional<SecurityIdentity> user(RoutingContext request) {
        SecurityIdentity user = null;
        if (request.user() instanceof QuarkusHttpUser known) {
            user = known.getSecurityIdentity();
        } else if (request.get(QuarkusHttpUser.DEFERRED_IDENTITY_KEY) instanceof Uni<?> deferred) {
            user = (SecurityIdentity) deferred.await().indefinitely();
        }
        return Optional.ofNullable(user).filter(found -> !found.isAnonymous());
    }

    private static String name(SecurityIdentity user) {
        return PREFIX + user.getPrincipal().getName();
    }

    /** The most that any of the user's names gives. */
    private Role role(SecurityIdentity user) {
        Collection<String> names = config.roleClaim().map(claim -> claims(user, claim)).orElseGet(() -> List.copyOf(user.getRoles()));
        return Stream.of(Role.values()).filter(role -> config.roles().getOrDefault(role.word(), List.of()).stream().anyMatch(names::contains))
                .reduce((lower, higher) -> higher).orElse(null);
    }

    /** Nobody becomes a client without a tenant by a token that lacks one: its requests might belong to another encoder. */
    private static String tenant(SecurityIdentity user, String claim) {
        List<String> values = claims(user, claim);
        if (values.size() != 1) {
            throw new IllegalArgumentException("the token must hold one tenant in " + claim);
        }
        return Identity.requireTenant("the tenant in the token's " + claim, values.get(0));
    }

    /** Attributes that the mechanism or an augmentor set go before the token, which the mechanism has verified. */
    private static List<String> claims(SecurityIdentity user, String claim) {
        Object attribute = user.getAttribute(claim);
        if (attribute != null) {
            return attribute instanceof Collection<?> several ? several.stream().map(String::valueOf).toList() : List.of(attribute.toString());
        }
        TokenCredential token = user.getCredential(TokenCredential.class);
        JsonNode payload = token == null ? null : payload(token.getToken());
        return payload == null ? List.of() : texts(payload.has(claim) ? payload.get(claim) : payload.at("/" + claim));
    }

    /** {@code null} of an opaque token. */
    private static JsonNode payload(String token) {
        String[] parts = token.split("\\.");
        try {
            return parts.length == 3 ? JSON.readTree(Base64.getUrlDecoder().decode(parts[1])) : null;
        } catch (IllegalArgumentException | IOException e) {
            return null;
        }
    }

    private static List<String> texts(JsonNode value) {
        List<String> texts = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(item -> texts.add(item.asText()));
        } else if (value.isValueNode() && !value.isNull()) {
            texts.add(value.asText());
        }
        return texts;
    }
}
