package io.advunlearn.gateway.fuzz;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Stack traces that the log was told while this is open. What a client sends is no reason for one: whoever can fill the log can hide in it. */
final class LoggedFailures extends Handler implements AutoCloseable {

    private final List<String> failures = new CopyOnWriteArrayList<>();

    LoggedFailures() {
        Logger.getLogger("").addHandler(this);
    }

    List<String> found() {
        return failures;
    }

    @Override
    public void publish(LogRecord logged) {
        if (logged.getThrown() != null && logged.getThrown().getStackTrace().length > 0) {
            failures.add(logged.getLoggerName() + ": " + logged.getMessage() + ": " + logged.getThrown());
        }
    }

    @Override
    public void flush() {
        // nothing is held back
    }

    @Override
    public void close() {
        Logger.getLogger("").removeHandler(this);
    }
}
