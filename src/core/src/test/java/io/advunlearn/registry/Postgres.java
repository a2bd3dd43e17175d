package io.advunlearn.registry;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A PostgreSQL server for the tests of this JVM, which stops with it, and empty databases on it. */
public final class Postgres {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private Postgres() {
    }

    private static final class Server {
        static final EmbeddedPostgres INSTANCE = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public static DataSource newDatabase() {
        String name = "registry_" + COUNT.incrementAndGet();
        execute(Server.INSTANCE.getPostgresDatabase(), "create database " + name);
        return Server.INSTANCE.getDatabase("postgres", name);
    }

    public static void execute(DataSource source, String sql) {
        try (Connection connection = source.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
