package io.advunlearn.registry;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** {@code audit/<replica>.jsonl}: one writer a file, lines only ever added. */
final class AuditLog {

    private static final int MAX_FIELD = 500;

    private final Path directory;
    private final Path file;
    private final RegistryLock lock;

    /** @param lock that processes of one name write one after the other */
    AuditLog(Path directory, String replica, RegistryLock lock) {
        this.directory = directory;
        this.lock = lock;
        this.file = directory.resolve(RegistryNames.requireId("replica", replica) + ".jsonl");
    }

    void append(AuditEntry entry) throws IOException {
        lock.hold(() -> {
            write(entry);
            return null;
        });
    }

    private void write(AuditEntry entry) throws IOException {
        AuditEntry cut = new AuditEntry(entry.at(), entry.replica(), cut(entry.principal()), cut(entry.action()), cut(entry.target()),
                cut(entry.outcome()));
        byte[] line = RegistryJson.line(cut);
        boolean isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer buffer = ByteBuffer.allocate(line.length + 1);
            if (endsTorn(channel)) {
                buffer.put((byte) '\n');
            }
            buffer.put(line).flip();
            channel.position(channel.size());
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        if (isNew) {
            DurableFiles.sync(directory);
        }
    }

    /** A crash in the middle of a line must not swallow the next one. */
    private static boolean endsTorn(FileChannel channel) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return channel.size() > 0 && channel.read(last, channel.size() - 1) == 1 && last.get(0) != '\n';
    }

    private static String cut(String text) {
        return text == null || text.length() <= MAX_FIELD ? text : text.substring(0, MAX_FIELD) + "...";
    }

    List<AuditEntry> newest(int limit) throws IOException {
        List<AuditEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.jsonl")) {
            for (Path log : files) {
                if (Files.isRegularFile(log, LinkOption.NOFOLLOW_LINKS)) {
                    readInto(entries, log);
                }
            }
        }
        entries.sort(Comparator.comparing(AuditEntry::at).reversed());
        return List.copyOf(entries.subList(0, Math.min(limit, entries.size())));
    }

    /** Torn lines are skipped: they were never acknowledged. */
    private static void readInto(List<AuditEntry> entries, Path log) throws IOException {
        for (String line : new String(Files.readAllBytes(log), StandardCharsets.UTF_8).split("\n")) {
            read(line).ifPresent(entries::add);
        }
    }

    static boolean isEntry(String line) {
        return read(line).isPresent();
    }

    private static Optional<AuditEntry> read(String line) {
        try {
            return Optional.of(RegistryJson.read(line.getBytes(StandardCharsets.UTF_8), AuditEntry.class, "audit line")).filter(entry -> entry.at() != null);
        } catch (RegistryException e) {
            return Optional.empty();
        }
    }
}
