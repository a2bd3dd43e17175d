package io.advunlearn.gateway.cli;

import io.advunlearn.service.access.KeysFile;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.access.StoredKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Keeps a file of API keys. Servers see a change within a second. */
@Command(name = "keys", mixinStandardHelpOptions = true, description = "Make, list and revoke API keys of a keys file (quarkus.advunlearn.access.keys-file).",
        subcommands = {KeysCommand.Create.class, KeysCommand.Show.class, KeysCommand.Revoke.class})
final class KeysCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() {
        throw new ParameterException(command.commandLine(), "say create, list or revoke");
    }

    /** The option of every subcommand. */
    static final class FileOption {

        @Option(names = "--file", paramLabel = "FILE", required = true, description = "The keys file; create makes it if there is none.")
        private Path file;

        KeysFile open() {
            return new KeysFile(file);
        }
    }

    /** Prints the key, which is kept nowhere. */
    @Command(name = "create", mixinStandardHelpOptions = true, description = "Make a key and print it, once.")
    static final class Create implements Callable<Integer> {

        private static final String DAYS = "[1-9][0-9]{0,4}d";

        @Parameters(paramLabel = "ID", description = "Who gets it: the name in the audit log.")
        private String id;

        @Option(names = "--role", paramLabel = "ROLE", description = "On the admin API: viewer, operator or admin.")
        private String role;

        @Option(names = "--tenant", paramLabel = "TENANT", description = "On the image API: the tenant whose limits and encoder count.")
        private String tenant;

        @Option(names = "--expires", paramLabel = "DAYS", description = "How long it is accepted, for example 90d (default: until it is revoked).")
        private String expires;

        @Mixin
        private FileOption file;

        @Spec
        private CommandSpec command;

        @Override
        public Integer call() {
            StoredKey.Created created = made();
            file.open().change(keys -> {
                if (keys.putIfAbsent(id, created.stored()) != null) {
                    throw new IllegalArgumentException("there is a key " + id + " already; revoke it first");
                }
                return keys;
            });
            command.commandLine().getOut().println(created.text());
            command.commandLine().getErr().println("This is the only time that the key is shown.");
            return 0;
        }

        private StoredKey.Created made() {
            if (expires != null && !expires.matches(DAYS)) {
                throw new ParameterException(command.commandLine(), "--expires must be a number of days such as 90d, not " + expires);
            }
            Instant end = expires == null ? null : Instant.now().plus(Duration.ofDays(Long.parseLong(expires.replace("d", ""))));
            try {
                return StoredKey.create(id, role == null ? null : Role.of("--role", role), tenant, end);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), e.getMessage(), e);
            }
        }
    }

    /** One line a key. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Show whose keys there are.")
    static final class Show implements Callable<Integer> {

        @Mixin
        private FileOption file;

        @Spec
        private CommandSpec command;

        @Override
        public Integer call() {
            PrintWriter out = command.commandLine().getOut();
            file.open().read().values().forEach(key -> out.printf("%s%s%s  made %s%s%n", key.id(), key.role() == null ? "" : "  role " + key.role(),
                    key.tenant() == null ? "" : "  tenant " + key.tenant(), key.createdAt(), key.expiresAt() == null ? "" : "  expires " + key.expiresAt()));
            out.flush();
            return 0;
        }
    }

    /** Takes a key out of the file. */
    @Command(name = "revoke", mixinStandardHelpOptions = true, description = "Take a key out of the file; it is not accepted any more.")
    static final class Revoke implements Callable<Integer> {

        @Parameters(paramLabel = "ID", description = "Whose key.")
        private String id;

        @Mixin
        private FileOption file;

        @Override
        public Integer call() {
            file.open().change(keys -> {
                if (keys.remove(id) == null) {
                    throw new IllegalArgumentException("there is no key " + id + "; there are: " + String.join(", ", keys.keySet()));
                }
                return keys;
            });
            return 0;
        }
    }
}
