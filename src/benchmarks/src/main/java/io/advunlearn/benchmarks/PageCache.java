package io.advunlearn.benchmarks;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Files read as fast as the system can, with and without its cache. */
final class PageCache {

    private static final int BLOCK = 4 << 20;
    private static final int READ_ONLY = 0;
    /** POSIX_FADV_DONTNEED of Linux. */
    private static final int DONT_NEED = 4;

    private PageCache() {
    }

    /**
     * Asks the system to forget what it has cached of the files (posix_fadvise(2)); needs no privilege.
     *
     * @throws UnsupportedOperationException where the C library has no such function
     */
    static void drop(List<Path> files) {
        try {
            NativeLibrary c = NativeLibrary.getInstance("c");
            for (Path file : files) {
                int descriptor = c.getFunction("open").invokeInt(new Object[] {file.toString(), READ_ONLY});
                int refused = c.getFunction("posix_fadvise").invokeInt(new Object[] {descriptor, 0L, 0L, DONT_NEED});
                c.getFunction("close").invokeInt(new Object[] {descriptor});
                if (descriptor < 0 || refused != 0) {
                    throw new UnsupportedOperationException("the system does not forget what it has cached of " + file);
                }
            }
        } catch (LinkageError e) {
            throw new UnsupportedOperationException("this system has no posix_fadvise", e);
        }
    }

    /** Reads every byte into one small buffer. @return seconds */
    static double read(List<Path> files) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        long start = System.nanoTime();
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                while (channel.read(block.clear()) >= 0) {
                    continue;
                }
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
