package io.advunlearn.gateway.cli;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.serving.HostName;
import java.nio.file.Path;

/** A registry's directory, opened by a command; servers may use it at the same time. */
final class LocalRegistry {

    private static final int MAX_REPLICA = 64;

    private LocalRegistry() {
    }

    static EncoderRegistry open(Path directory) {
        CliLogging.start();
        String replica = "cli-" + HostName.asReplica();
        return new FileEncoderRegistry(directory, replica.substring(0, Math.min(replica.length(), MAX_REPLICA)));
    }

    /** For the audit log. */
    static String principal() {
        return "command line (" + System.getProperty("user.name") + ")";
    }
}
