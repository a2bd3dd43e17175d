package io.advunlearn;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Physical memory of this process, which holds the engine's tensors too. */
public final class ResidentMemory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {
    }

    /** Skips the test where it cannot be read. */
    public static long kilobytes() throws IOException {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmRSS:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
