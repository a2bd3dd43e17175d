package io.advunlearn.quarkus.access;

import io.advunlearn.quarkus.config.AccessConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.AdminConfig;
import io.advunlearn.service.access.AccessKey;
import io.advunlearn.service.access.FailedLogins;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Keyring;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.json.Answer;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The keys of both APIs. They are checked here and not by an authentication mechanism of the application, so that an application can neither forget
 * it nor find its own users' keys examined by it.
 */
@ApplicationScoped
public class Access {

    /** The header that carries a key of the admin API; one of a keys file may also come as {@code Authorization: Bearer}. */
    public static final String HEADER = "X-API-Key";

    private static final Logger LOG = Logger.getLogger(Access.class);
    private static final String BEARER = "bearer ";
    private static final long RELOAD_MILLIS = 1000;
    private static final Identity ANYBODY = new Identity("anybody", Role.ADMIN, null, null);

    private final AdminConfig admin;
    private final AccessConfig config;
    private final Vertx vertx;
    private volatile Keyring keys;
    private final FailedLogins failedLogins;
    private Long timer;

    Access(AdvUnlearnConfig config, Vertx vertx) {
        this.admin = config.admin();
        this.config = config.access();
        this.vertx = vertx;
        failedLogins = new FailedLogins(this.config.failedLoginsPerMinute());
    }

    void read(@Observes StartupEvent event) {
        try {
            refuseOpenAdmin(LaunchMode.current(), config.openAdmin());
            UserIdentities.checkRoles(config.roles());
            keys = Keyring.of(AccessKey.of(admin.apiKey(), admin.apiKeyFile(), "quarkus.advunlearn.admin.api-key", "quarkus.advunlearn.admin.api-key-file"),
                    config.keysFile(), "quarkus.advunlearn.access.keys-file");
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage(), e);
        }
        tell();
        if (keys.hasFile()) {
            timer = vertx.setPeriodic(RELOAD_MILLIS, id -> vertx.executeBlocking(() -> {
                keys.reload();
                return null;
            }, false));
        }
    }

    /** @throws IllegalArgumentException if anybody could administer a production */
    static void refuseOpenAdmin(LaunchMode mode, boolean open) {
        if (open && mode == LaunchMode.NORMAL) {
            throw new IllegalArgumentException("quarkus.advunlearn.access.open-admin=true opens the admin API to everybody, which is for development only; "
                    + "in production set quarkus.advunlearn.admin.api-key-file or quarkus.advunlearn.access.keys-file instead");
        }
    }

    private void tell() {
        if (config.openAdmin()) {
            LOG.warn("The admin API is open to everybody (quarkus.advunlearn.access.open-admin)");
        } else if (!keys.isConfigured() && config.roles().isEmpty()) {
            LOG.info("The admin API is closed: no quarkus.advunlearn.admin.api-key");
        }
        if (config.anonymous() && LaunchMode.current() == LaunchMode.NORMAL) {
            LOG.warn("The image API answers clients without credentials; quarkus.advunlearn.access.anonymous=false refuses them");
        }
    }

    void stop(@Observes ShutdownEvent event) {
        if (timer != null) {
            vertx.cancelTimer(timer);
        }
    }

    AccessConfig config() {
        return config;
    }

    /** Whether any text in {@code Authorization: Bearer} could be a key. */
    boolean hasKeysFile() {
        return keys != null && keys.hasFile();
    }

    /** Whose key of a keys file it is; empty if it is nobody's. */
    Optional<Identity> find(String key) {
        return keys == null ? Optional.empty() : keys.find(key);
    }

    /** Whether a request to the admin API carries a key, right or wrong. */
    boolean carriesKey(HttpServerRequest request) {
        return request.getHeader(HEADER) != null || Keyring.isKey(bearer(request));
    }

    /** Whoever sends a request to the admin API, by its key; with the setting for it, anybody. Empty if it carries none that is right. */
    public Optional<Identity> administrator(HttpServerRequest request) {
        if (config.openAdmin() && !carriesKey(request)) {
            return Optional.of(ANYBODY);
        }
        String header = request.getHeader(HEADER);
        return find(header != null ? header : bearer(request));
    }

    /**
     * The first lock of the management port: why a request goes no further, empty if it may. Its sender's role is still to be looked at; users of the
     * application, where they may have one, are authenticated later.
     */
    public Optional<Answer> refusal(HttpServerRequest request) {
        if (!carriesKey(request)) {
            return config.openAdmin() || !config.roles().isEmpty() ? Optional.empty() : Optional.of(unauthorized());
        }
        String address = request.remoteAddress().hostAddress();
        long blocked = failedLogins.blockedSeconds(address);
        if (blocked > 0) {
            return Optional.of(Problem.of(429, "too many wrong keys came from this address; try again in " + blocked + " s").answer()
                    .with("Retry-After", Long.toString(blocked)));
        }
        if (administrator(request).isPresent()) {
            return Optional.empty();
        }
        failedLogins.failed(address);
        return Optional.of(unauthorized());
    }

    /** As the other form, for operations that no gate is before: only a key opens them, and its role must include the least one. */
    public Optional<Answer> refusal(HttpServerRequest request, Role least) {
        return refusal(request).or(() -> {
            Optional<Identity> sender = administrator(request);
            return sender.isEmpty() ? Optional.of(unauthorized())
                    : sender.filter(identity -> !identity.may(least)).map(identity -> Problem.forbidden(identity, least, "this operation").answer());
        });
    }

    /** Nobody who may use the admin API is known to have sent the request. */
    public static Answer unauthorized() {
        return Problem.unauthorized("the header " + HEADER, "ApiKey").answer();
    }

    /** The text after {@code Authorization: Bearer}; {@code null} if there is none. */
    static String bearer(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length()) ? header.substring(BEARER.length()).strip() : null;
    }
}
