package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** States in the registry's directory. */
class DirectoryRegistryTest extends RegistryContract {

    @Override
    FileEncoderRegistry open(String replica) {
        return new FileEncoderRegistry(root, replica);
    }

    @Override
    StateStore store(String replica) throws IOException {
        Path real = root.toRealPath();
        return new FileStateStore(real, replica, Duration.ofHours(1), new RegistryLock(real));
    }

    @Test
    void aReportIsReplacedAsAWholeAndADamagedOneSaysNothing() throws IOException {
        registry.report(report("replica-1", 3, Instant.now()));
        Path folder = root.resolve("replicas");
        assertThat(folder.toFile().list()).containsExactly("replica-1.json");
        Files.writeString(folder.resolve("replica-2.json"), "{");
        Files.copy(folder.resolve("replica-1.json"), folder.resolve("replica-3.json"));
        assertThat(registry.replicas()).extracting(each -> each.report().replica()).containsExactly("replica-1");
    }

    @Test
    void silenceIsMeasuredInHeartbeatsAndADayOfItIsForgotten() throws IOException {
        registry.report(report("silent", 3, Instant.now().minusMillis(3500)));
        registry.report(report("dead", 3, Instant.now().minusSeconds(100)));
        registry.report(report("live", 3, Instant.now()));
        assertThat(registry.replicas()).extracting(ReplicaReport.Seen::pulse)
                .containsExactly(ReplicaReport.Pulse.DEAD, ReplicaReport.Pulse.LIVE, ReplicaReport.Pulse.STALE);
        Files.setLastModifiedTime(root.resolve("replicas/dead.json"), FileTime.from(System.currentTimeMillis() - ReplicaReport.FORGOTTEN.toMillis() - 60_000,
                TimeUnit.MILLISECONDS));
        registry.report(report("live", 3, Instant.now()));
        assertThat(registry.replicas()).extracting(each -> each.report().replica()).containsExactly("live", "silent");
    }
}
