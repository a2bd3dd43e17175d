package io.advunlearn.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** File operations that survive a crash: what has returned is on disk, what has not is either whole or absent. */
final class DurableFiles {

    private static final String TEMPORARY = ".tmp-";
    private static final String TOMBSTONE = ".deleted-";

    private DurableFiles() {
    }

    /** A name in {@code directory} that no reader looks at. */
    static Path temporary(Path directory) {
        return directory.resolve(TEMPORARY + UUID.randomUUID());
    }

    /** Whether no reader looks at it: a temporary file, or what is being deleted. */
    static boolean isLeftover(Path path) {
        return path.getFileName().toString().startsWith(TEMPORARY) || isTombstone(path);
    }

    static boolean isTombstone(Path path) {
        return path.getFileName().toString().startsWith(TOMBSTONE);
    }

    /** Takes a directory away from all readers at once; deleting it may then take its time, and be cut short by a crash. @return what is to be deleted */
    static Path bury(Path directory) throws IOException {
        Path tombstone = directory.resolveSibling(TOMBSTONE + directory.getFileName() + "-" + UUID.randomUUID());
        try {
            Files.move(directory, tombstone, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return tombstone;
        }
        sync(directory.getParent());
        return tombstone;
    }

    /** Creates a file that must not exist, with its content on disk. */
    static void create(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /** Copies a file to one that must not exist; never follows a link at the source. */
    static void copy(Path source, Path target) throws IOException {
        Files.copy(source, target, LinkOption.NOFOLLOW_LINKS);
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Replaces a file as a whole: a reader sees the old or the new content. */
    static void replace(Path file, byte[] content) throws IOException {
        Path temporary = temporary(file.getParent());
        try {
            create(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(file.getParent());
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Creates a file under a name that exactly one of several writers can get: a link fails where a rename would silently
     * replace the other's file.
     *
     * @throws java.nio.file.FileAlreadyExistsException if another writer was first
     */
    static void createExclusively(Path file, byte[] content) throws IOException {
        Path temporary = temporary(file.getParent());
        try {
            create(temporary, content);
            Files.createLink(file, temporary);
            sync(file.getParent());
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Makes a directory's entries durable. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Creates a directory and makes its entry durable; a link in its place is refused. */
    static Path directory(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
        sync(directory.getParent());
        return directory;
    }

    /** Deletes what a crashed writer left, and finishes deletions; younger files may belong to a writer that is at work. */
    static void deleteLeftovers(Path directory, Duration age) throws IOException {
        Instant limit = Instant.now().minus(age);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, DurableFiles::isLeftover)) {
            for (Path leftover : leftovers) {
                if (isTombstone(leftover) || isOlder(leftover, limit)) {
                    deleteTree(leftover);
                }
            }
        }
    }

    static boolean isOlder(Path path, Instant limit) throws IOException {
        try {
            return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant().isBefore(limit);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Bytes of all files below, links not followed. What somebody else deletes meanwhile is not counted. */
    static long size(Path root) throws IOException {
        long[] bytes = new long[1];
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                return goOn(failure);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                return failure == null ? FileVisitResult.CONTINUE : goOn(failure);
            }
        });
        return bytes[0];
    }

    private static FileVisitResult goOn(IOException failure) throws IOException {
        if (failure instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw failure;
    }

    /** Links are deleted, not followed. Several may delete the same tree. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                return goOn(failure);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
