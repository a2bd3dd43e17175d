package io.advunlearn.registry.postgresql;

import io.advunlearn.registry.EncoderRegistry.Watch;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** LISTENs on a connection of its own, and connects again when that is lost. What was notified meanwhile is lost too, so that a new connection counts as a change. */
final class ChangeListener implements Watch, Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(ChangeListener.class);
    private static final String CHANNEL = "advunlearn_registry";
    private static final int WAIT_MILLIS = 500;
    /** A connection that is cut without a word is found out after so many waits in which nothing came. */
    private static final int WAITS_UNTIL_PING = 20;
    private static final long RECONNECT_MILLIS = 1000;
    private static final long STOP_MILLIS = 3000;

    private final Database database;
    private final Runnable changed;
    private final Thread thread = new Thread(this, "advunlearn-registry-listener");
    private volatile boolean closed;

    ChangeListener(Database database, Runnable changed) {
        this.database = database;
        this.changed = changed;
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        boolean told = false;
        while (!closed) {
            try (Connection connection = database.connection()) {
                listen(connection);
                if (told) {
                    LOG.info("Changes of the registry are notified again");
                }
                told = false;
                follow(connection);
            } catch (SQLException | RuntimeException e) {
                if (!closed && !told) {
                    LOG.warn("Changes of the registry are not notified, only looked for: {}", e.getMessage());
                    told = true;
                }
                pause();
            }
        }
    }

    private static void listen(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("listen " + CHANNEL);
        }
    }

    private void follow(Connection connection) throws SQLException {
        PGConnection server = connection.unwrap(PGConnection.class);
        changed.run();
        try {
            for (int quiet = 0; !closed; quiet++) {
                PGNotification[] notifications = server.getNotifications(WAIT_MILLIS);
                if (notifications != null && notifications.length > 0) {
                    changed.run();
                } else if (quiet % WAITS_UNTIL_PING == WAITS_UNTIL_PING - 1) {
                    Database.ping(connection);
                }
            }
        } finally {
            unlisten(connection);
        }
    }

    /** The connection goes back to a pool. */
    private static void unlisten(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("unlisten " + CHANNEL);
        } catch (SQLException e) {
            LOG.debug("The listening connection is lost", e);
        }
    }

    private void pause() {
        try {
            Thread.sleep(RECONNECT_MILLIS);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
