package io.advunlearn.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process holds at a moment, from Linux's {@code /proc}.
 *
 * @param residentKilobytes memory in RAM
 * @param files open file descriptors, sockets among them
 */
public record ProcessSample(long residentKilobytes, long threads, long files) {

    public static ProcessSample of(long pid) throws IOException {
        Path directory = Path.of("/proc/" + pid);
        List<String> status = Files.readAllLines(directory.resolve("status"));
        try (Stream<Path> files = Files.list(directory.resolve("fd"))) {
            return new ProcessSample(number(status, "VmRSS:"), number(status, "Threads:"), files.count());
        }
    }

    private static long number(List<String> status, String name) {
        return status.stream().filter(line -> line.startsWith(name)).mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", ""))).findFirst().orElseThrow();
    }
}
