package io.advunlearn.gateway.cli;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves the image API and the admin API until it is stopped. */
@Command(name = "serve", mixinStandardHelpOptions = true,
        description = "Serve the image API, and the admin API on the management port (the default command).",
        footer = {"", "Every quarkus.* setting may also be given as a system property (before -jar) or an environment variable.",
            "The admin API is closed without a key: QUARKUS_ADVUNLEARN_ADMIN_API_KEY."})
final class ServeCommand implements Callable<Integer> {

    @Option(names = "--port", paramLabel = "PORT", description = "Public port (default: 8080).")
    private Integer port;

    @Option(names = "--management-port", paramLabel = "PORT", description = "Port of the admin API, health and metrics (default: 9000).")
    private Integer managementPort;

    @Option(names = "--models", paramLabel = "DIRECTORY", description = "Directory that holds the model emoji-sd (default: models).")
    private Path models;

    @Option(names = "--registry", paramLabel = "DIRECTORY", description = "The registry (default: registry).")
    private Path registry;

    @Override
    public Integer call() {
        set("quarkus.http.port", port);
        set("quarkus.management.port", managementPort);
        set("advunlearn.models", models);
        set("quarkus.advunlearn.registry-directory", registry);
        int[] code = {0};
        Throwable[] failed = {null};
        Quarkus.run(null, (exit, failure) -> {
            code[0] = exit;
            failed[0] = failure;
        });
        if (failed[0] != null) {
            throw new IllegalStateException(reason(failed[0]), failed[0]);
        }
        return code[0];
    }

    /** A wrong setting in its own words, else the first cause: Quarkus leaves it to this process to say why it did not start. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (!(cause instanceof ConfigurationException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof ConfigurationException ? cause.getMessage() : "the server did not start: " + cause;
    }

    private static void set(String property, Object value) {
        if (value != null) {
            System.setProperty(property, value.toString());
        }
    }
}
