package io.advunlearn.registry.postgresql;

import io.advunlearn.registry.RegistryUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Single statements, each durable when it returns. Whatever goes wrong is a {@link RegistryUnavailableException} within seconds. */
final class Database {

    /** A pool may hold connections that an outage has cut; each is found out by being used. */
    private static final int BORROWINGS = 3;
    private static final int ANSWER_MILLIS = 5_000;

    private final DataSource source;

    Database(DataSource source) {
        this.source = source;
    }

    /** A row that was read. */
    interface Reading<T> {
        T of(ResultSet row) throws SQLException;
    }

    <T> List<T> list(Reading<T> reading, String sql, Object... values) {
        return with(connection -> {
            try (PreparedStatement statement = prepared(connection, sql, values); ResultSet rows = statement.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(reading.of(rows));
                }
                return all;
            }
        });
    }

    /** @return rows that it changed */
    int update(String sql, Object... values) {
        return with(connection -> {
            try (PreparedStatement statement = prepared(connection, sql, values)) {
                return statement.executeUpdate();
            }
        });
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** What is done with a connection. */
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private <T> T with(Work<T> work) {
        try (Connection connection = connection()) {
            return answered(connection, work);
        } catch (SQLException e) {
            throw unavailable(e);
        }
    }

    /** As long as the server answers in time. The connection may be a pool's, whose own limit it gets back. */
    private static <T> T answered(Connection connection, Work<T> work) throws SQLException {
        int usual = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
        try {
            return work.on(connection);
        } finally {
            connection.setNetworkTimeout(Runnable::run, usual);
        }
    }

    /** One that answers. Whoever gets it closes it. */
    Connection connection() throws SQLException {
        SQLException failure = null;
        long start = System.nanoTime();
        for (int i = 0; i < BORROWINGS && System.nanoTime() - start < ANSWER_MILLIS * 1_000_000L; i++) {
            Connection connection = source.getConnection();
            try {
                requireOwnTransaction(connection);
                ping(connection);
                return connection;
            } catch (SQLException e) {
                failure = e;
                close(connection);
            }
        }
        throw failure;
    }

    /** What another transaction may undo would already be served here. */
    private static void requireOwnTransaction(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            close(connection);
            throw new IllegalStateException("the registry must not be changed within a transaction of the application");
        }
    }

    static void ping(Connection connection) throws SQLException {
        answered(connection, own -> {
            try (Statement statement = own.createStatement()) {
                return statement.execute("select 1");
            }
        });
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // it is cut, which is why it is closed
        }
    }

    /** The server's address stays in the cause. */
    static RegistryUnavailableException unavailable(SQLException e) {
        String state = e.getSQLState();
        boolean away = state == null || state.startsWith("08") || state.startsWith("53") || state.startsWith("57");
        return new RegistryUnavailableException("the registry's database " + (away ? "does not answer" : "refuses") + " ("
                + (state == null ? e.getClass().getSimpleName() : "SQLSTATE " + state) + "); what is loaded goes on being served, try again later", e);
    }
}
