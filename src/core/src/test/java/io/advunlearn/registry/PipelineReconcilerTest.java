package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.pipeline.BelowFloorException;
import io.advunlearn.pipeline.EncoderUnavailableException;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.SlotFixture;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineReconcilerTest {

    @TempDir
    Path folder;
    private final List<SlotFixture> replicas = new ArrayList<>();
    private SlotFixture replica;
    private PipelineReconciler reconciler;

    @BeforeEach
    void start() {
        replica = replica(ErasureFloor.NONE, false);
        reconciler = new PipelineReconciler("main", replica.registry, replica.slot);
        replica.register("church-1", 1, "church");
        replica.register("both-1", 2, "church", "horse");
    }

    @AfterEach
    void close() {
        replicas.forEach(SlotFixture::close);
    }

    private SlotFixture replica(ErasureFloor floor, boolean enforce) {
        SlotFixture started = new SlotFixture(folder, floor, enforce);
        replicas.add(started);
        return started;
    }

    @Test
    void aPromotionIsWrittenAndServed() {
        assertThat(reconciler.reconcile()).as("an unknown pipeline serves its base encoder").isEmpty();
        SwapResult result = reconciler.promote("church-1", "alice");
        assertThat(result.generation()).isEqualTo(1);
        assertThat(replica.slot.status().encoder()).isEqualTo("church-1");
        assertThat(replica.registry.state("main").orElseThrow().changedBy()).isEqualTo("alice");
        assertThat(replica.registry.auditTrail(10)).extracting(AuditEntry::action, AuditEntry::target, AuditEntry::outcome)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("promote", "main -> church-1", "generation 1"));
    }

    @Test
    void aRestartServesTheLastPromotedState() {
        reconciler.promote("church-1", "alice");
        reconciler.promote("both-1", "alice");
        SlotFixture restarted = replica(ErasureFloor.NONE, false);
        assertThat(new PipelineReconciler("main", restarted.registry, restarted.slot).reconcile().orElseThrow().generation()).isEqualTo(2);
        assertThat(restarted.slot.status().encoder()).isEqualTo("both-1");
    }

    @Test
    void otherReplicasFollow() {
        SlotFixture other = replica(ErasureFloor.NONE, false);
        PipelineReconciler follower = new PipelineReconciler("main", other.registry, other.slot);
        follower.reconcile();
        reconciler.promote("church-1", "alice");
        follower.reconcile();
        assertThat(other.slot.status().encoder()).isEqualTo("church-1");
        assertThat(follower.reconcile()).as("there already").isEmpty();
    }

    @Test
    void aRollbackIsANewGeneration() {
        assertThatThrownBy(() -> reconciler.rollback("alice", false)).isInstanceOf(RegistryException.class).hasMessageContaining("roll back");
        reconciler.promote("church-1", "alice");
        reconciler.promote("both-1", "alice");
        SwapResult result = reconciler.rollback("bob", false);
        assertThat(result.encoder()).isEqualTo("church-1");
        assertThat(result.generation()).isEqualTo(3);
        assertThat(result.loadMillis()).as("it was still in memory").isZero();
        assertThat(replica.registry.state("main").orElseThrow().encoder()).isEqualTo("church-1");
    }

    @Test
    void theFirstPromotionRollsBackToTheBaseEncoder() {
        reconciler.promote("church-1", "alice");
        assertThat(reconciler.rollback("alice", false).encoder()).isEqualTo("base");
        SlotFixture restarted = replica(ErasureFloor.NONE, false);
        new PipelineReconciler("main", restarted.registry, restarted.slot).reconcile();
        assertThat(restarted.slot.status().encoder()).isEqualTo("base");
        assertThat(restarted.slot.status().generation()).isEqualTo(2);
    }

    @Test
    void theRegistrysFloorAndTheConfiguredOneAreUnited() {
        SlotFixture strict = replica(ErasureFloor.of(List.of("church")), true);
        PipelineReconciler strictly = new PipelineReconciler("main", strict.registry, strict.slot);
        strict.registry.advance("main", 0, "both-1", List.of("horse"), "alice");
        strictly.reconcile();
        assertThat(strict.slot.status().requiredErasures()).containsExactly("church", "horse");
        assertThatThrownBy(() -> strictly.promote("church-1", "bob")).isInstanceOf(BelowFloorException.class).hasMessageContaining("horse");
        assertThatThrownBy(() -> strictly.rollback("bob", false)).isInstanceOf(BelowFloorException.class);
        assertThat(strict.slot.status().encoder()).isEqualTo("both-1");
        assertThat(strict.registry.state("main").orElseThrow().generation()).isEqualTo(1);
        assertThat(strict.registry.auditTrail(1).get(0).outcome()).startsWith("refused: ");
    }

    @Test
    void aWeakeningIsAuditedAndOutlivesARestart() {
        SlotFixture strict = replica(ErasureFloor.of(List.of("horse")), true);
        new PipelineReconciler("main", strict.registry, strict.slot).promote("church-1", "admin", true);
        assertThat(strict.registry.auditTrail(10)).extracting(AuditEntry::action).contains("weaken", "promote-weakened");

        SlotFixture restarted = replica(ErasureFloor.of(List.of("horse")), true);
        new PipelineReconciler("main", restarted.registry, restarted.slot).reconcile();
        restarted.slot.acquire().close();
        assertThat(restarted.slot.status().encoder()).isEqualTo("church-1");
        assertThat(restarted.slot.status().weakened()).isTrue();
    }

    @Test
    void aFloorRaisedInTheConfigurationStopsAnEncoderThatWasFineBefore() {
        reconciler.promote("church-1", "alice");
        SlotFixture strict = replica(ErasureFloor.of(List.of("horse")), true);
        PipelineReconciler strictly = new PipelineReconciler("main", strict.registry, strict.slot);
        assertThatThrownBy(strictly::reconcile).isInstanceOf(BelowFloorException.class);
        assertThatThrownBy(strict.slot::acquire).isInstanceOf(EncoderUnavailableException.class);
    }

    @Test
    void aDemandedEncoderThatIsDamagedIsNotReplacedByAWeakerOne() throws IOException {
        reconciler.promote("church-1", "alice");
        Path weights = replica.registry.directory("church-1").resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        SlotFixture strict = replica(ErasureFloor.NONE, true);
        PipelineReconciler strictly = new PipelineReconciler("main", strict.registry, strict.slot);
        assertThatThrownBy(strictly::reconcile).isInstanceOf(SwapException.class).hasMessageContaining("SHA-256");
        assertThatThrownBy(strict.slot::acquire).isInstanceOf(EncoderUnavailableException.class);
        strictly.promote("both-1", "alice");
        strict.slot.acquire().close();
    }

    @Test
    void aFailedPromotionChangesNeitherRegistryNorSlot() throws IOException {
        reconciler.promote("church-1", "alice");
        Files.delete(replica.registry.directory("both-1").resolve("model.safetensors"));
        assertThatThrownBy(() -> reconciler.promote("both-1", "alice")).isInstanceOf(SwapException.class);
        assertThatThrownBy(() -> reconciler.promote("ghost", "alice")).isInstanceOf(RegistryException.class);
        assertThat(replica.registry.state("main").orElseThrow().encoder()).isEqualTo("church-1");
        assertThat(replica.slot.status().encoder()).isEqualTo("church-1");
        assertThat(replica.loadedEncoders()).isEqualTo(1);
    }

    @Test
    void whoLosesTheRaceKeepsItsEncoderAndFreesTheOther() {
        SlotFixture other = replica(ErasureFloor.NONE, false);
        PipelineReconciler late = new PipelineReconciler("main", withStaleState(other.registry), other.slot);
        reconciler.promote("church-1", "alice");
        assertThatThrownBy(() -> late.promote("both-1", "bob")).isInstanceOf(ConflictException.class);
        assertThat(other.slot.status().encoder()).isEqualTo("base");
        assertThat(other.loadedEncoders()).isZero();
        assertThat(other.registry.history("main")).hasSize(1);
    }

    /** What a replica sees that read the state just before another one changed it. */
    private static EncoderRegistry withStaleState(EncoderRegistry registry) {
        return (EncoderRegistry) Proxy.newProxyInstance(EncoderRegistry.class.getClassLoader(), new Class<?>[] {EncoderRegistry.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("state")) {
                        return Optional.empty();
                    }
                    try {
                        return method.invoke(registry, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
