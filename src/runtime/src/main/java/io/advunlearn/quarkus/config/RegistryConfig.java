package io.advunlearn.quarkus.config;

import io.quarkus.runtime.annotations.ConfigGroup;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Where the registry keeps what changes, and what replicas say of themselves. */
@ConfigGroup
public interface RegistryConfig {

    /**
     * Where pipelines' states, routes, the audit trail, replicas' reports and claims of jobs are: {@code directory}, in the registry's
     * directory; {@code postgresql}, in the application's default datasource, which needs {@code quarkus-agroal}, {@code quarkus-jdbc-postgresql} and
     * {@code flyway-database-postgresql}. Encoders, uploads and jobs are in the directory either way.
     */
    @WithDefault("directory")
    Store store();

    /**
     * How often a replica says what it serves when nothing changes. After 3 that are missing it counts as stale, after 12 as dead.
     */
    @WithDefault("5s")
    Duration heartbeat();

    /** Where it is. */
    enum Store {
        DIRECTORY, POSTGRESQL
    }
}
