package io.advunlearn.quarkus.serving;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.postgresql.PostgresqlStateStore;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.arc.InstanceHandle;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.nio.file.Path;
import javax.sql.DataSource;

/** The registry whose states are in the application's default datasource. What is missing for it is said in one sentence. */
final class PostgresqlRegistry {

    private static final String WANTED = "quarkus.advunlearn.registry.store=postgresql ";

    private PostgresqlRegistry() {
    }

    static EncoderRegistry open(Path directory, String replica, InjectableInstance<DataSource> sources) {
        DataSource source = source(sources);
        try {
            PostgresqlStateStore states = new PostgresqlStateStore(source);
            return new FileEncoderRegistry(directory, replica, states, states.name());
        } catch (RegistryException e) {
            throw new ConfigurationException(WANTED + "is not possible: " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw missing("Flyway", e);
        }
    }

    private static DataSource source(InjectableInstance<DataSource> sources) {
        if (sources.isUnsatisfied()) {
            throw missing("a datasource", null);
        }
        try {
            Class.forName("org.postgresql.PGConnection", false, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException e) {
            throw missing("the PostgreSQL driver", e);
        }
        InstanceHandle<DataSource> handle = sources.getHandle();
        if (!handle.getBean().isActive()) {
            throw new ConfigurationException(WANTED + "needs a database: set quarkus.datasource.jdbc.url, .username and .password");
        }
        return handle.get();
    }

    private static ConfigurationException missing(String what, Throwable cause) {
        return new ConfigurationException(WANTED + "needs " + what
                + ": add io.quarkus:quarkus-agroal, io.quarkus:quarkus-jdbc-postgresql and org.flywaydb:flyway-database-postgresql to the application", cause);
    }
}
