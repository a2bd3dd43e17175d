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
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code audit/<replica>.jsonl}: one writer a file, lines only ever added. */
final class AuditLog {

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
        byte[] line = RegistryJson.line(entry);
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

    List<AuditEntry> newest(int limit) throws IOException {
        List<AuditEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.jsonl")) {
            for (Path log : files) {
                if (Files.isRegularFile(log, LinkOption.NOFOLLOW_LINKS)) {
                    readInto(entries, log);
                }
            }
        }
        // what one replica wrote in one millisecond has the order of its lines
        Collections.reverse(entries);
        entries.sort(Comparator.comparing(AuditEntry::at).reversed());
        return List.copyOf(entries.subList(0, Math.min(limit, entries.size())));
    }

    /** Torn lines are skipped: they were never acknowledged. */
    private static void readInto(List<AuditEntry> entries, Path log) throws IOException {
        for (String line : new String(Files.readAllBytes(log), StandardCharsets.UTF_8).split("\n")) {
            read(line).ifPresent(entries::add);
        }
    }

    /** One finding a replica's log, by name. */
    List<RegistryFinding> check() throws IOException {
        List<Path> logs;
        try (Stream<Path> entries = Files.list(directory)) {
            logs = entries.sorted().toList();
        }
        List<RegistryFinding> findings = new ArrayList<>();
        for (Path log : logs) {
            findings.add(new RegistryFinding(true, "audit " + log.getFileName(), entries(log)));
        }
        return findings;
    }

    private static String entries(Path log) throws IOException {
        String text = Files.readString(log, StandardCharsets.UTF_8);
        String[] lines = text.isEmpty() ? new String[0] : text.split("\n", -1);
        // what follows the last line end was cut by a crash and never acknowledged
        int whole = Math.max(0, lines.length - 1);
        int torn = 0;
        for (int i = 0; i < whole; i++) {
            if (read(lines[i]).isEmpty()) {
                torn++;
            }
        }
        return whole - torn + " entries" + (torn == 0 ? "" : ", " + torn + " lines that a crash cut");
    }

    private static Optional<AuditEntry> read(String line) {
        try {
            return Optional.of(RegistryJson.read(line.getBytes(StandardCharsets.UTF_8), AuditEntry.class, "audit line")).filter(entry -> entry.at() != null);
        } catch (RegistryException e) {
            return Optional.empty();
        }
    }
}
