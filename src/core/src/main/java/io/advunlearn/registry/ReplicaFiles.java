package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** {@code replicas/<name>.json}: what each replica says that it serves, each file its replica's own. Ages go by the replicas' clocks. */
final class ReplicaFiles {

    private static final String ENDING = ".json";

    private final Path directory;
    private final Duration leftoverAge;

    ReplicaFiles(Path directory, Duration leftoverAge) {
        this.directory = directory;
        this.leftoverAge = leftoverAge;
    }

    Path directory() {
        return directory;
    }

    void replace(ReplicaReport report) throws IOException {
        DurableFiles.directory(directory);
        DurableFiles.deleteLeftovers(directory, leftoverAge);
        DurableFiles.replace(file(report.replica()), report.json());
        Instant limit = Instant.now().minus(ReplicaReport.FORGOTTEN);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ReplicaFiles::isReport)) {
            for (Path file : files) {
                if (DurableFiles.isOlder(file, limit)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    void delete(String replica) throws IOException {
        Files.deleteIfExists(file(replica));
    }

    List<ReplicaReport.Seen> all() throws IOException {
        List<ReplicaReport.Seen> all = new ArrayList<>();
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return all;
        }
        Instant now = Instant.now();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ReplicaFiles::isReport)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                read(file, name.substring(0, name.length() - ENDING.length()), now, all);
            }
        }
        all.sort(Comparator.comparing(seen -> seen.report().replica()));
        return all;
    }

    /** One that stops meanwhile, or whose report is damaged, says nothing. */
    private static void read(Path file, String replica, Instant now, List<ReplicaReport.Seen> all) {
        try {
            ReplicaReport report = ReplicaReport.read(Files.readAllBytes(file), replica);
            all.add(new ReplicaReport.Seen(report, Duration.between(report.reportedAt(), now)));
        } catch (IOException | RegistryException e) {
            // its next report replaces it
        }
    }

    private static boolean isReport(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(ENDING) && !DurableFiles.isLeftover(file) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    private Path file(String replica) {
        return directory.resolve(RegistryNames.requireId("replica", replica) + ENDING);
    }
}
