package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.registry.postgresql.PostgresqlStateStore;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Claims of jobs in a PostgreSQL database. */
class PostgresqlJobClaimsTest extends JobClaimsContract {

    private DataSource database;

    @BeforeEach
    void makeDatabase() {
        database = Postgres.newDatabase();
    }

    @Override
    JobClaims open() {
        return new PostgresqlStateStore(database).claims();
    }

    @Test
    void jobsAndCollectionsAreApart() {
        assertThat(open().take(JOBS, "job", 2, "early")).as("there is no first one").isFalse();
        open().take(JOBS, "job", 1, "a");
        assertThat(open().newest("evaluations", "job")).isEmpty();
        assertThat(open().newest(JOBS, "another")).isEmpty();
    }
}
