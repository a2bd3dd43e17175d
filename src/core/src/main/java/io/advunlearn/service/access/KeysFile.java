package io.advunlearn.service.access;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A file of API keys: {@code {"keys": [...]}}, each as {@link StoredKey} has it. Read strictly, replaced as a whole. */
public final class KeysFile {

    private static final Set<String> FIELDS = Set.of("id", "role", "tenant", "salt", "sha256", "createdAt", "expiresAt");
    private static final int MAX_CHARACTERS = 200;
    private static final Set<PosixFilePermission> TOO_OPEN = EnumSet.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.GROUP_WRITE);
    private static final FileAttribute<?> OWNER_ONLY = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final JsonMapper WRITER = JsonMapper.builder().addModule(new JavaTimeModule()).disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path file;

    public KeysFile(Path file) {
        this.file = file;
    }

    Path path() {
        return file;
    }

    /**
     * The keys by id, in the file's order.
     *
     * @throws IllegalArgumentException in one sentence: it cannot be read, others may read or write it, or a field of it is wrong
     */
    public Map<String, StoredKey> read() {
        try {
            if (Files.getPosixFilePermissions(file).stream().anyMatch(TOO_OPEN::contains)) {
                throw new IllegalArgumentException(file + " may be read by everybody or written by others than its owner; chmod 600 it");
            }
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
        } catch (FieldException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private Map<String, StoredKey> parse(byte[] json) {
        List<JsonFields> entries = JsonFields.parse(json, Set.of("keys")).objects("keys", FIELDS);
        if (entries == null) {
            throw new IllegalArgumentException(file + ": keys is required and must be a list of objects");
        }
        Map<String, StoredKey> keys = new LinkedHashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            StoredKey key = key(i, entries.get(i));
            if (keys.put(key.id(), key) != null) {
                throw new IllegalArgumentException(file + ": there are two keys with the id " + key.id());
            }
        }
        return keys;
    }

    private StoredKey key(int index, JsonFields fields) {
        try {
            Instant createdAt = instant(fields, "createdAt");
            if (createdAt == null) {
                throw new IllegalArgumentException("createdAt is required");
            }
            return new StoredKey(text(fields, "id"), text(fields, "role"), text(fields, "tenant"), text(fields, "salt"), text(fields, "sha256"), createdAt,
                    instant(fields, "expiresAt"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": keys[" + index + "]: " + e.getMessage(), e);
        }
    }

    private static String text(JsonFields fields, String name) {
        return fields.text(name, MAX_CHARACTERS);
    }

    private static Instant instant(JsonFields fields, String name) {
        String text = text(fields, name);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(name + " must be a time such as 2026-01-31T12:00:00Z", e);
        }
    }

    /**
     * Changes the file, which only its owner may read then, while no other process does. What does not exist yet has no keys.
     *
     * @throws IllegalArgumentException as {@link #read}
     */
    public void change(UnaryOperator<Map<String, StoredKey>> change) {
        Path directory = file.toAbsolutePath().getParent();
        try (FileChannel lock = FileChannel.open(directory.resolve("." + file.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            Map<String, StoredKey> keys = Files.exists(file) ? read() : new LinkedHashMap<>();
            replace(directory, WRITER.writeValueAsBytes(Map.of("keys", change.apply(keys).values())));
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** A reader sees the old or the new file. */
    private void replace(Path directory, byte[] content) throws IOException {
        Path temporary = Files.createTempFile(directory, ".keys", ".tmp", OWNER_ONLY);
        try {
            Files.write(temporary, content);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(temporary, file.toAbsolutePath(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
