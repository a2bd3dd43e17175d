package io.advunlearn.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * {@code .states}: which database holds a registry's states. Whoever took the directory for all of it would find no pipeline that needs an encoder, and no
 * floor; so would whoever connected it to an empty database.
 */
final class StoreMarker {

    private static final String FILE = ".states";

    private final Path file;

    /** @param root the registry's real path */
    StoreMarker(Path root) {
        file = root.resolve(FILE);
    }

    /** @throws RegistryException if the states are elsewhere */
    void requireNone() throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException("the states of this registry are in a database (" + Files.readString(file).strip()
                    + "), its directory alone is not enough: set quarkus.advunlearn.registry.store=postgresql, or use the admin API");
        }
    }

    /** @return false if there is none yet; @throws RegistryException if the states are in another database */
    boolean names(String store) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        String named = Files.readString(file).strip();
        if (!named.equals(store)) {
            throw new RegistryException("the states of this registry are in another database (" + named + ", not " + store
                    + "): connect to that one, or restore it from its backup");
        }
        return true;
    }

    void write(String store) throws IOException {
        DurableFiles.createExclusively(file, (store + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
