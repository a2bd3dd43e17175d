package io.advunlearn.service.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every key that a host accepts: the single admin key of its configuration, and those of a keys file, which may change while it runs. A file that
 * becomes unreadable or wrong holds no key: a revoked one must not go on working because of a slip. Thread-safe.
 */
public final class Keyring {

    /** The name of whoever has the single key. */
    public static final String SINGLE = "api-key";

    private static final Logger LOG = LoggerFactory.getLogger(Keyring.class);

    /** Compared with where there is no key of an id, so that it takes as long. */
    private static final StoredKey NOBODY = StoredKey.create("nobody", Role.VIEWER, null, null).stored();

    private final AccessKey single;
    private final KeysFile file;
    private final Clock clock;
    private volatile Map<String, StoredKey> keys;
    private Object seen;

    private Keyring(AccessKey single, KeysFile file, Clock clock) {
        this.single = single;
        this.file = file;
        this.clock = clock;
        seen = stamp();
        keys = file == null ? Map.of() : file.read();
    }

    /** @param single the configuration's key, role {@link Role#ADMIN} */
    public static Keyring of(AccessKey single) {
        return new Keyring(single, null, Clock.systemUTC());
    }

    /**
     * @param file of more keys, empty for none
     * @param setting what the file is called in the host's configuration, for messages
     * @throws IllegalArgumentException in one sentence if the file is not acceptable
     */
    public static Keyring of(AccessKey single, Optional<Path> file, String setting) {
        return of(single, file, setting, Clock.systemUTC());
    }

    static Keyring of(AccessKey single, Optional<Path> file, String setting, Clock clock) {
        try {
            return new Keyring(single, file.map(KeysFile::new).orElse(null), clock);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting + ": " + e.getMessage(), e);
        }
    }

    /** Whether there is anything that could hold a key of the admin API. */
    public boolean isConfigured() {
        return single.isConfigured() || file != null;
    }

    /** Whether there is a keys file. */
    public boolean hasFile() {
        return file != null;
    }

    /** Whether a text is meant to be a key of a keys file, right or wrong. */
    public static boolean isKey(String presented) {
        return presented != null && presented.startsWith(StoredKey.PREFIX);
    }

    /** Whose key it is; empty if it is nobody's. @param presented may be null */
    public Optional<Identity> find(String presented) {
        if (single.matches(presented)) {
            return Optional.of(new Identity(SINGLE, Role.ADMIN, null, null));
        }
        String id = presented == null ? null : StoredKey.idOf(presented);
        if (id == null) {
            return Optional.empty();
        }
        StoredKey key = keys.getOrDefault(id, NOBODY);
        boolean right = key.matches(presented) & key != NOBODY & !key.isExpired(clock.instant());
        return right ? Optional.of(key.identity()) : Optional.empty();
    }

    /** Reads the file again if it changed. Hosts call this every second. */
    public synchronized void reload() {
        Object now = stamp();
        if (file == null || Objects.equals(now, seen)) {
            return;
        }
        seen = now;
        try {
            keys = file.read();
            LOG.info("{} holds {} keys now", file.path(), keys.size());
        } catch (IllegalArgumentException e) {
            keys = Map.of();
            LOG.error("No key of the keys file is accepted until it is right again: {}", e.getMessage());
        }
    }

    /** Changes whenever the file does; its permissions count, too. */
    private Object stamp() {
        if (file == null) {
            return null;
        }
        try {
            BasicFileAttributes attributes = Files.readAttributes(file.path(), BasicFileAttributes.class);
            return List.of(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()),
                    Files.getPosixFilePermissions(file.path()));
        } catch (IOException e) {
            return e.getClass();
        }
    }
}
