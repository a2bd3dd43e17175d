package io.advunlearn.registry.postgresql;

import io.advunlearn.registry.RegistryException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** The tables, by Flyway's migrations, beside whatever else is in the database. */
final class Schema {

    private static final String MIGRATIONS = "classpath:io/advunlearn/registry/postgresql";
    private static final String HISTORY = "advunlearn_schema_history";

    private Schema() {
    }

    static void migrate(DataSource source) {
        try {
            Flyway.configure(Schema.class.getClassLoader()).dataSource(source).locations(MIGRATIONS).failOnMissingLocations(true).table(HISTORY)
                    .baselineOnMigrate(true).baselineVersion("0").load().migrate();
        } catch (FlywayException e) {
            throw new RegistryException("the registry's database cannot be used: " + reason(e), e);
        }
    }

    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
