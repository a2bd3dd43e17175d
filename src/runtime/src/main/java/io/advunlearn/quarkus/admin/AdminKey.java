package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.config.AdvUnlearnConfig.AdminConfig;
import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
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
    private static final int MIN_CHARACTERS = 16;

    private final AdminConfig config;
    private byte[] digest;

    AdminKey(AdvUnlearnConfig config) {
        this.config = config.admin();
    }

    void read(@Observes StartupEvent event) {
        Optional<String> key = configured();
        if (key.isEmpty()) {
            LOG.info("The admin API is closed: no quarkus.advunlearn.admin.api-key");
            return;
        }
        if (key.get().length() < MIN_CHARACTERS) {
            throw new ConfigurationException("quarkus.advunlearn.admin.api-key must have at least " + MIN_CHARACTERS + " characters");
        }
        digest = sha256(key.get());
    }

    private Optional<String> configured() {
        if (config.apiKeyFile().isEmpty()) {
            return config.apiKey();
        }
        if (config.apiKey().isPresent()) {
            throw new ConfigurationException("set only one of quarkus.advunlearn.admin.api-key and quarkus.advunlearn.admin.api-key-file");
        }
        Path file = config.apiKeyFile().get();
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            throw new ConfigurationException("quarkus.advunlearn.admin.api-key-file: cannot read " + file, e);
        }
    }

    /** Whether the header's value is the key; never without a configured key. Takes the same time for every wrong value. */
    boolean matches(String header) {
        byte[] expected = digest;
        return expected != null && header != null && MessageDigest.isEqual(expected, sha256(header));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
