package io.advunlearn.quarkus.serving;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.postgresql.PostgresqlStateStore;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.arc.InstanceHandle;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import javax.sql.DataSource;

/** A registry whose states are in the application's default datasource. What is missing for it is said in one sentence. */
@Singleton
class PostgresqlRegistry {

    private static final String WANTED = "quarkus.advunlearn.registry.store=postgresql ";

    private final InjectableInstance<DataSource> sources;
    private PostgresqlStateStore states;

    PostgresqlRegistry(InjectableInstance<DataSource> sources) {
        this.sources = sources;
    }

    EncoderRegistry open(Path directory, String replica) {
        PostgresqlStateStore store = states();
        try {
            return new FileEncoderRegistry(directory, replica, store, store.name());
        } catch (RegistryException e) {
            throw impossible(e);
        }
    }

    JobClaims claims() {
        return states().claims();
    }

    private synchronized PostgresqlStateStore states() {
        if (states == null) {
            DataSource source = source(sources);
            try {
                states = new PostgresqlStateStore(source);
            } catch (RegistryException e) {
                throw impossible(e);
            } catch (LinkageError e) {
                throw missing("Flyway", e);
            }
        }
        return states;
    }

    private static ConfigurationException impossible(RegistryException e) {
        return new ConfigurationException(WANTED + "is not possible: " + e.getMessage(), e);
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
