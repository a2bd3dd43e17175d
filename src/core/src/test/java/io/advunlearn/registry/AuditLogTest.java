package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {

    @TempDir
    Path root;

    @Test
    void everyEntryIsOneLineWhateverItHolds() throws IOException {
        FileEncoderRegistry registry = new FileEncoderRegistry(root, "replica-1");
        registry.audit("alice\n{\"principal\":\"forged\"}", "promote", "main -> church-1", "generation 1");
        registry.audit("bob", "rollback", "x".repeat(10_000), "generation 2");

        assertThat(Files.readAllLines(root.resolve("audit/replica-1.jsonl"))).hasSize(2);
        assertThat(registry.auditTrail(10)).extracting(AuditEntry::principal)
                .containsExactlyInAnyOrder("alice\n{\"principal\":\"forged\"}", "bob");
        assertThat(registry.auditTrail(10)).allSatisfy(entry -> assertThat(entry.target()).hasSizeLessThan(600));
    }

    @Test
    void aTornLineDoesNotSwallowTheNext() throws IOException {
        FileEncoderRegistry registry = new FileEncoderRegistry(root, "replica-1");
        registry.audit("alice", "promote", "a", "ok");
        Files.writeString(root.resolve("audit/replica-1.jsonl"), "{\"at\":\"2026-", StandardOpenOption.APPEND);
        registry.audit("bob", "promote", "b", "ok");
        assertThat(registry.auditTrail(10)).extracting(AuditEntry::principal).containsExactlyInAnyOrder("alice", "bob");
    }

    @Test
    void theTrailJoinsAllReplicasNewestFirst() throws InterruptedException {
        new FileEncoderRegistry(root, "replica-1").audit("alice", "promote", "a", "ok");
        Thread.sleep(5);
        new FileEncoderRegistry(root, "replica-2").audit("bob", "promote", "b", "ok");
        assertThat(new FileEncoderRegistry(root, "replica-3").auditTrail(1)).extracting(AuditEntry::replica).containsExactly("replica-2");
    }

    @Test
    void erasureDirectoriesStayInside() throws IOException {
        FileEncoderRegistry registry = new FileEncoderRegistry(root, "replica-1");
        assertThat(registry.erasureDirectory("job-1")).isDirectory().startsWith(root.toRealPath());
        assertThatThrownBy(() -> registry.erasureDirectory("../job")).isInstanceOf(RegistryException.class);
        Files.createSymbolicLink(root.resolve("erasures/linked"), Path.of("/tmp"));
        assertThatThrownBy(() -> registry.erasureDirectory("linked")).isInstanceOf(RegistryException.class).hasMessageContaining("link");
    }
}
