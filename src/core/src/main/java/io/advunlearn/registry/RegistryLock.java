package io.advunlearn.registry;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one thread of one process at a time change what several files of the registry say together. The operating system lifts it when a process dies,
 * however it dies. Whoever holds it may ask for it again.
 */
final class RegistryLock {

    private static final String FILE = ".lock";
    private static final long PAUSE_MILLIS = 5;

    /** A file lock belongs to a process: its threads must agree among themselves. */
    private static final Map<Path, ReentrantLock> OF_THIS_PROCESS = new ConcurrentHashMap<>();

    private final Path file;
    private final ReentrantLock own;

    /** @param root the registry's real path */
    RegistryLock(Path root) {
        file = root.resolve(FILE);
        own = OF_THIS_PROCESS.computeIfAbsent(file, path -> new ReentrantLock());
    }

    /** Work on files. */
    interface Work<T> {
        T run() throws IOException;
    }

    <T> T hold(Work<T> work) throws IOException {
        own.lock();
        try {
            if (own.getHoldCount() > 1) {
                return work.run();
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                    FileLock held = lock(channel)) {
                return work.run();
            }
        } finally {
            own.unlock();
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException {
        while (true) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                // another class loader of this process has it
                pause();
            } catch (IOException e) {
                throw new IOException("its file system must support file locks", e);
            }
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while another change was under way", e);
        }
    }
}
