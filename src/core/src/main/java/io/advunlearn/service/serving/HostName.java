package io.advunlearn.service.serving;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/** A name for this process among those that share the registry, if none is configured. */
public final class HostName {

    private static final int MAX_CHARACTERS = 64;

    private HostName() {
    }

    /** The host's name in the characters that the registry accepts. */
    public static String asReplica() {
        try {
            String host = InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "-")
                    .replaceAll("^[^a-z0-9]+", "");
            return host.isEmpty() ? "replica" : host.substring(0, Math.min(MAX_CHARACTERS, host.length()));
        } catch (UnknownHostException e) {
            return "replica";
        }
    }
}
