package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** How much more memory can be had on a device. */
public final class DeviceMemory {

    private static final String UNLIMITED = "max";
    private static final long KIB = 1024;

    /** Where Linux tells of memory; tests have their own. */
    private final Path proc;
    private final Path cgroups;

    DeviceMemory(Path proc, Path cgroups) {
        this.proc = proc;
        this.cgroups = cgroups;
    }

    /**
     * Bytes that can be allocated before something must give way, by the machine's memory and the container's limit; of a GPU what no process has,
     * after PyTorch gave back what it kept for later.
     *
     * @return empty where nobody knows
     */
    public static OptionalLong free(Device device) {
        if (!device.isGpu()) {
            return new DeviceMemory(Path.of("/proc"), Path.of("/sys/fs/cgroup")).free();
        }
        if (!CudaUtils.hasCuda()) {
            return OptionalLong.empty();
        }
        JniUtils.emptyCudaCache();
        MemoryUsage memory = CudaUtils.getGpuMemory(device);
        return OptionalLong.of(memory.getMax() - memory.getUsed());
    }

    /** Whether an exception says that memory could not be had: PyTorch has no type for it. */
    public static boolean isExhausted(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (cause instanceof OutOfMemoryError || message.contains("out of memory") || message.contains("can't allocate memory")
                    || message.contains("not enough memory") || message.contains("std::bad_alloc")) {
                return true;
            }
        }
        return false;
    }

    OptionalLong free() {
        long free = Math.min(available(), container());
        return free == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(Math.max(0, free));
    }

    /** The machine's. Elsewhere than on Linux the page cache counts as taken. */
    private long available() {
        try {
            for (String line : Files.readAllLines(proc.resolve("meminfo"))) {
                if (line.startsWith("MemAvailable:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * KIB;
                }
            }
        } catch (IOException e) {
            // not Linux
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system ? system.getFreeMemorySize() : Long.MAX_VALUE;
    }

    /** What the tightest limit of the control groups above this process leaves, version 2, else 1. */
    private long container() {
        long least = limit(cgroups.resolve("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
        Path group = cgroups.resolve(group());
        while (group != null && group.startsWith(cgroups)) {
            least = Math.min(least, limit(group, "memory.max", "memory.current", "inactive_file"));
            group = group.getParent();
        }
        return least;
    }

    private String group() {
        try {
            List<String> lines = Files.readAllLines(proc.resolve("self/cgroup"));
            return lines.stream().filter(line -> line.startsWith("0::/")).map(line -> line.substring("0::/".length())).findFirst().orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** Cached pages of files that nobody used lately are given back first. */
    private static long limit(Path group, String limit, String usage, String reclaimable) {
        try {
            String most = Files.readString(group.resolve(limit)).strip();
            if (most.equals(UNLIMITED)) {
                return Long.MAX_VALUE;
            }
            long used = Long.parseLong(Files.readString(group.resolve(usage)).strip());
            long cached = Files.readAllLines(group.resolve("memory.stat")).stream().filter(line -> line.startsWith(reclaimable + " "))
                    .mapToLong(line -> Long.parseLong(line.substring(reclaimable.length() + 1).strip())).findFirst().orElse(0);
            return Long.parseLong(most) - used + cached;
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
