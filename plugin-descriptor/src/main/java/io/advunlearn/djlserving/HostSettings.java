package io.advunlearn.djlserving;

import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.AccessKey;
import io.advunlearn.service.access.Keyring;
import io.advunlearn.service.serving.HostName;
import io.advunlearn.service.serving.Limits;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The settings that DJL Serving's own configuration has no place for: system properties, or else environment variables of the
 * same name in capitals with underscores ({@code advunlearn.admin.token-file}, {@code ADVUNLEARN_ADMIN_TOKEN_FILE}).
 */
final class HostSettings {

    static final String TOKEN = "advunlearn.admin.token";
    static final String TOKEN_FILE = "advunlearn.admin.token-file";
    static final String KEYS_FILE = "advunlearn.access.keys-file";
    static final String REGISTRY = "advunlearn.registry-directory";
    static final String IMPORTS = "advunlearn.import-directory";
    static final String REPLICA = "advunlearn.replica";

    private final UnaryOperator<String> properties;
    private final UnaryOperator<String> environment;

    /**
     * @param properties gives a system property, null if it is not set
     * @param environment gives an environment variable, null if it is not set
     */
    HostSettings(UnaryOperator<String> properties, UnaryOperator<String> environment) {
        this.properties = properties;
        this.environment = environment;
    }

    static HostSettings ofProcess() {
        return new HostSettings(System::getProperty, System::getenv);
    }

    /** The admin token. Without one the admin API answers 401 to everybody. @throws IllegalArgumentException naming the setting */
    AccessKey token() {
        return AccessKey.of(get(TOKEN), get(TOKEN_FILE).map(Path::of), variable(TOKEN), variable(TOKEN_FILE));
    }

    /** The token, with all rights, and the keys of a keys file. @throws IllegalArgumentException naming the setting */
    Keyring keys() {
        return Keyring.of(token(), get(KEYS_FILE).map(Path::of), variable(KEYS_FILE));
    }

    ServiceSettings service() {
        return new ServiceSettings(registryDirectory(), get(IMPORTS).map(Path::of), replica(), ServiceSettings.DEFAULT_RECONCILE_INTERVAL,
                Limits.DEFAULT);
    }

    /** By default beside the server's models, as the server finds them. */
    Path registryDirectory() {
        return get(REGISTRY).map(Path::of).orElseGet(() -> Path.of(serverHome(), "registry"));
    }

    String replica() {
        return get(REPLICA).orElseGet(HostName::asReplica);
    }

    private String serverHome() {
        String home = environment.apply("MODEL_SERVER_HOME");
        return home == null ? Optional.ofNullable(properties.apply("MODEL_SERVER_HOME")).orElse(".") : home;
    }

    private Optional<String> get(String name) {
        String property = properties.apply(name);
        return Optional.ofNullable(property == null ? environment.apply(variable(name)) : property).filter(value -> !value.isBlank());
    }

    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
