package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigDocMapKey;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who may use the image API and the admin API. */
public interface AccessConfig {

    /**
     * A file of API keys, made by the gateway's command {@code keys}: each with a role on the admin API, a tenant on the image API, or both. It is
     * read again within a second of a change. Others than its owner and its group must not be able to read it.
     */
    Optional<Path> keysFile();

    /**
     * Whether the image API answers clients without credentials.
     */
    @WithDefault("true")
    boolean anonymous();

    /**
     * Opens the admin API to everybody who reaches the management port, for development. In production mode the application does not start with it.
     */
    @WithDefault("false")
    boolean openAdmin();

    /**
     * Wrong keys of the admin API that one client address has a minute; beyond them none from there is looked at, and the answer is 429.
     */
    @WithDefault("20")
    int failedLoginsPerMinute();

    /**
     * Which of the application's own users (OIDC or any other mechanism of Quarkus) have a role on the admin API: by role ({@code viewer},
     * {@code operator}, {@code admin}) the names that they have it for. Empty: none.
     */
    @ConfigDocMapKey("role")
    Map<String, List<String>> roles();

    /**
     * The claim of a user's token that holds the names for {@code roles}; a slash goes into an object ({@code realm_access/roles}). Without it they are
     * the roles that Quarkus gives the user.
     */
    Optional<String> roleClaim();

    /**
     * The claim of a user's token that holds the tenant on the image API; a slash goes into an object. With it, users without a tenant are refused
     * there; without it, they have none.
     */
    Optional<String> tenantClaim();
}
