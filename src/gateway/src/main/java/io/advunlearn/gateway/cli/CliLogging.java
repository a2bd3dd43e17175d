package io.advunlearn.gateway.cli;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import java.util.logging.Handler;
import java.util.logging.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/** Logging of the commands that run without Quarkus: warnings only, on standard error. */
final class CliLogging {

    private CliLogging() {
    }

    static void start() {
        // Quarkus' log manager keeps every record until a framework that never starts here configures it.
        ConsoleHandler console = new ConsoleHandler(ConsoleHandler.Target.SYSTEM_ERR, new PatternFormatter("%p %s%n"));
        console.setLevel(Level.WARNING);
        InitialConfigurator.DELAYED_HANDLER.setHandlers(new Handler[] {console});
        java.util.logging.Logger.getLogger("ai.djl").setLevel(Level.SEVERE);
        if (System.getenv("DJL_OFFLINE") == null && System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }
}
