package io.advunlearn.quarkus.serving;

import io.advunlearn.quarkus.config.AdvUnlearnConfig;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/** This process's name among those that share the registry. */
@Singleton
public class Replica {

    private static final int MAX_CHARACTERS = 64;

    private final String name;

    Replica(AdvUnlearnConfig config) {
        name = config.replica().orElseGet(Replica::hostName);
    }

    public String name() {
        return name;
    }

    private static String hostName() {
        try {
            String host = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "-")
                    .replaceAll("^[^a-z0-9]+", "");
            return host.isEmpty() ? "replica" : host.substring(0, Math.min(MAX_CHARACTERS, host.length()));
        } catch (UnknownHostException e) {
            return "replica";
        }
    }
}
