package io.advunlearn.gateway;

import io.advunlearn.gateway.cli.GatewayCommand;
import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * The entry of the jar. Only {@code serve} starts Quarkus, so that no other command opens a port or waits for a framework.
 */
@QuarkusMain
public final class Main {

    private Main() {
    }

    public static void main(String... args) {
        System.exit(GatewayCommand.commandLine().execute(args));
    }
}
