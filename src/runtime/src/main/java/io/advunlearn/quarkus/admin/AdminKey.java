package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig.AdminConfig;
import io.advunlearn.service.admin.AccessKey;
import io.advunlearn.service.admin.Problem;
import io.advunlearn.service.json.Answer;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/**
 * The key of the admin API. It is checked here and not by an authentication mechanism of the application, so that an
 * application can neither forget it nor find its own users' keys examined by it.
 */
@ApplicationScoped
public class AdminKey {

    /** The header that carries it. */
    public static final String HEADER = "X-API-Key";

    private static final Logger LOG = Logger.getLogger(AdminKey.class);

    private final AdminConfig config;
    private AccessKey key;

    AdminKey(AdvUnlearnConfig config) {
        this.config = config.admin();
    }

    void read(@Observes StartupEvent event) {
        try {
            key = AccessKey.of(config.apiKey(), config.apiKeyFile(), "quarkus.advunlearn.admin.api-key", "quarkus.advunlearn.admin.api-key-file");
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage(), e);
        }
        if (!key.isConfigured()) {
            LOG.info("The admin API is closed: no quarkus.advunlearn.admin.api-key");
        }
    }

    /** Whether the header's value is the key; never without a configured key. */
    boolean matches(String header) {
        return key != null && key.matches(header);
    }

    static Answer unauthorized() {
        return Problem.unauthorized("the header " + HEADER, "ApiKey").answer();
    }
}
