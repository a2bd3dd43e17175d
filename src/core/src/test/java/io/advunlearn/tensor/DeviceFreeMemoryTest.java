package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceFreeMemoryTest {

    private static final long GIB = 1L << 30;

    @TempDir
    Path root;

    private void write(String file, String content) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), content);
    }

    private long free() {
        return new DeviceMemory(root.resolve("proc"), root.resolve("cgroup")).free().orElseThrow();
    }

    @Test
    void theMachinesAvailableMemoryCountsWithoutALimit() throws IOException {
        write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1000 kB\nMemAvailable:    8388608 kB\n");
        write("proc/self/cgroup", "0::/\n");
        write("cgroup/memory.max", "max\n");
        assertThat(free()).isEqualTo(8 * GIB);
    }

    @Test
    void theTightestLimitOfAnyGroupAboveCounts() throws IOException {
        write("proc/meminfo", "MemAvailable:    8388608 kB\n");
        write("proc/self/cgroup", "0::/pods/pod/container\n");
        write("cgroup/pods/pod/memory.max", Long.toString(4 * GIB));
        write("cgroup/pods/pod/memory.current", Long.toString(3 * GIB));
        write("cgroup/pods/pod/memory.stat", "anon 1\ninactive_file " + GIB + "\nactive_file 5\n");
        write("cgroup/pods/pod/container/memory.max", "max\n");
        assertThat(free()).as("what can be given back is free").isEqualTo(2 * GIB);
    }

    @Test
    void olderControlGroupsHaveLimitsToo() throws IOException {
        write("proc/meminfo", "MemAvailable:    8388608 kB\n");
        write("cgroup/memory/memory.limit_in_bytes", Long.toString(4 * GIB));
        write("cgroup/memory/memory.usage_in_bytes", Long.toString(GIB));
        write("cgroup/memory/memory.stat", "cache 7\ntotal_inactive_file 0\n");
        assertThat(free()).isEqualTo(3 * GIB);
    }

    @Test
    void thisMachineTells() {
        assertThat(DeviceMemory.free(Device.cpu()).orElseThrow()).isPositive();
    }

    @Test
    void whatSaysThatMemoryIsUsedUpIsRecognised() {
        assertThat(DeviceMemory.isExhausted(new OutOfMemoryError("Java heap space"))).isTrue();
        assertThat(DeviceMemory.isExhausted(new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB"))).isTrue();
        assertThat(DeviceMemory.isExhausted(new IllegalStateException(new EngineException("DefaultCPUAllocator: can't allocate memory: you tried to allocate")))).isTrue();
        assertThat(DeviceMemory.isExhausted(new EngineException("sizes must match"))).isFalse();
    }
}
