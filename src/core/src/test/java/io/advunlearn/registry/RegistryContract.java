package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.PipelineRoutes.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a registry does wherever its states are. */
abstract class RegistryContract {

    private static final int THREADS = 8;

    @TempDir
    Path temporary;
    Path root;
    FileEncoderRegistry registry;

    /** Another process's view of the same registry. */
    abstract FileEncoderRegistry open(String replica) throws IOException;

    /** Another process's view of its states. */
    abstract StateStore store(String replica) throws IOException;

    @BeforeEach
    void fill() throws IOException {
        root = temporary.resolve("registry");
        prepare();
        registry = open("replica-1");
        for (String id : List.of("a", "b", "c")) {
            registry.register(new TinyEncoder(1).write(temporary.resolve(id)), RegisterTest.registration(id));
        }
    }

    void prepare() throws IOException {
    }

    @Test
    void theHighestGenerationWinsForEveryReplica() throws IOException {
        assertThat(registry.state("main")).isEmpty();
        registry.advance("main", 0, "a", List.of("church"), "alice");
        FileEncoderRegistry other = open("replica-2");
        PipelineState second = other.advance("main", 1, "b", List.of("church"), "bob");
        assertThat(second.previous()).isEqualTo("a");
        assertThat(registry.state("main")).contains(second);
        assertThat(registry.history("main")).extracting(PipelineState::encoder).containsExactly("a", "b");
        for (int generation = 2; generation < 12; generation++) {
            registry.advance("main", generation, "a", List.of(), "alice");
        }
        assertThat(other.state("main").orElseThrow().generation()).as("compared as numbers").isEqualTo(12);
        assertThatThrownBy(() -> registry.state("../main")).isInstanceOf(RegistryException.class).hasMessageContaining("pipeline must match");
    }

    @Test
    void aStaleWriterIsToldAndChangesNothing() throws IOException {
        registry.advance("main", 0, "a", List.of(), "alice");
        assertThatThrownBy(() -> open("replica-2").advance("main", 0, "b", List.of(), "bob")).isInstanceOf(ConflictException.class)
                .hasMessageContaining("generation 1, not 0");
        assertThatThrownBy(() -> store("replica-2").add(state(1, "b", "bob"))).isInstanceOf(ConflictException.class);
        assertThat(registry.history("main")).extracting(PipelineState::encoder).containsExactly("a");
    }

    private static PipelineState state(long generation, String encoder, String principal) {
        return new PipelineState("main", generation, encoder, null, "base", null, false, List.of(), principal, Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    /** Below the lock of the registry's directory, which would let them in one by one. */
    @Test
    void ofManyWritersOfOneGenerationOneWins() throws Exception {
        List<StateStore> stores = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            stores.add(store("w" + i));
        }
        CyclicBarrier start = new CyclicBarrier(THREADS);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (long generation = 1; generation <= 20; generation++) {
                long wanted = generation;
                List<Future<Boolean>> writers = IntStream.range(0, THREADS).mapToObj(i -> threads.submit(() -> {
                    start.await();
                    return adds(stores.get(i), state(wanted, "a", "w" + i));
                })).toList();
                List<Boolean> won = new ArrayList<>();
                for (Future<Boolean> writer : writers) {
                    won.add(writer.get(60, TimeUnit.SECONDS));
                }
                assertThat(won).as("writers of generation %d that won", generation).containsOnlyOnce(true);
                assertThat(registry.state("main").orElseThrow().changedBy()).isEqualTo("w" + won.indexOf(true));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean adds(StateStore store, PipelineState state) throws IOException {
        try {
            store.add(state);
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }

    @Test
    void racingReplicasNeverLoseAWrite() throws Exception {
        int each = 10;
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                FileEncoderRegistry own = open("w" + i);
                String writer = "w" + i;
                running.add(threads.submit(() -> advanceTimes(own, writer, each)));
            }
            for (Future<?> future : running) {
                future.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(registry.history("main")).extracting(PipelineState::generation)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, (long) THREADS * each).boxed().toList());
        for (int i = 0; i < THREADS; i++) {
            String writer = "w" + i;
            assertThat(registry.history("main")).filteredOn(state -> state.changedBy().equals(writer)).hasSize(each);
        }
    }

    private static void advanceTimes(EncoderRegistry registry, String writer, int times) {
        for (int done = 0; done < times;) {
            long generation = registry.state("main").map(PipelineState::generation).orElse(0L);
            try {
                registry.advance("main", generation, done % 2 == 0 ? "a" : "b", List.of(), writer);
                done++;
            } catch (ConflictException e) {
                // another one was first
            }
        }
    }

    @Test
    void routesAreComparedAndSetAsWell() throws IOException {
        assertThat(registry.routes("main")).isEmpty();
        Map<String, Route> wanted = Map.of("acme", new Route("a", null, null), PipelineRoutes.CANARY, new Route("b", null, 0.25));
        PipelineRoutes first = registry.advanceRoutes("main", 0, wanted, "alice");
        assertThat(open("replica-2").routes("main")).contains(first);
        assertThatThrownBy(() -> open("replica-2").advanceRoutes("main", 0, Map.of(), "bob")).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> store("replica-2").add(first)).isInstanceOf(ConflictException.class);
        assertThat(registry.advanceRoutes("main", 1, Map.of(), "bob").generation()).isEqualTo(2);
        assertThat(store("replica-2").routes("main")).extracting(PipelineRoutes::generation).containsExactly(1L, 2L);
    }

    @Test
    void whatAPipelineNeedsIsNeitherDeletedNorCollected() throws IOException {
        registry.advance("main", 0, "a", List.of(), "alice");
        registry.advanceRoutes("routed-only", 0, Map.of("acme", new Route("b", null, null)), "alice");
        FileEncoderRegistry other = open("replica-2");
        assertThatThrownBy(() -> other.delete("a", "bob")).isInstanceOf(ConflictException.class).hasMessageContaining("pipeline 'main' serves it");
        assertThat(other.references("b")).containsExactly("pipeline 'routed-only' routes 'acme' to it");
        Garbage.Ages now = Garbage.Ages.DEFAULT.withEncoders(Duration.ZERO);
        assertThat(other.garbage(now)).extracting(Garbage::name).containsExactly("c");
        other.delete("c", "bob");
        assertThat(registry.encoders()).extracting(EncoderManifest::id).containsExactlyInAnyOrder("a", "b");
        assertThat(registry.auditTrail(1)).extracting(AuditEntry::action, AuditEntry::target).containsExactly(org.assertj.core.groups.Tuple.tuple("delete", "c"));
    }

    @Test
    void theAuditTrailJoinsAllReplicasNewestFirst() throws Exception {
        registry.audit("alice\n{\"forged\": \u0000}", "promote", "x".repeat(10_000), null);
        Thread.sleep(5);
        open("replica-2").audit("bob", "rollback", "main", "generation 2");
        List<AuditEntry> trail = registry.auditTrail(2);
        assertThat(trail).extracting(AuditEntry::replica).containsExactly("replica-2", "replica-1");
        assertThat(trail.get(0)).isEqualTo(new AuditEntry(trail.get(0).at(), "replica-2", "bob", "rollback", "main", "generation 2"));
        assertThat(trail.get(1).principal()).startsWith("alice\n{\"forged\": ");
        assertThat(trail.get(1).target()).hasSizeLessThan(600);
        assertThat(registry.auditTrail(1)).hasSize(1);
    }

    @Test
    void theAuditTrailOfOneMomentIsNewestFirstToo() throws Exception {
        StateStore store = store("replica-1");
        Instant now = Instant.parse("2026-11-28T12:00:00Z");
        for (String action : List.of("first", "second", "third")) {
            store.append(new AuditEntry(now, "replica-1", "alice", action, "main", null));
        }
        assertThat(store.newestEntries(2)).extracting(AuditEntry::action).containsExactly("third", "second");
    }

    static ReplicaReport report(String replica, long generation, Instant at) {
        return new ReplicaReport(replica, Instant.EPOCH, at, 1000, List.of(new ReplicaReport.Served("main", ReplicaReport.Served.READY, generation, 0,
                List.of(new EncoderVersion("a", "0".repeat(64), generation)), Instant.EPOCH, null)));
    }

    @Test
    void aReplicaSaysWhatItServesUntilItStops() throws IOException {
        assertThat(registry.replicas()).isEmpty();
        ReplicaReport second = report("replica-2", 4, Instant.now().truncatedTo(ChronoUnit.MILLIS));
        registry.report(report("replica-1", 3, Instant.now()));
        open("replica-2").report(report("replica-2", 3, Instant.now()));
        open("replica-2").report(second);
        List<ReplicaReport.Seen> seen = registry.replicas();
        assertThat(seen).extracting(each -> each.report().replica()).containsExactly("replica-1", "replica-2");
        assertThat(seen.get(1).report()).isEqualTo(second);
        assertThat(seen).allSatisfy(each -> assertThat(each.age()).isLessThan(Duration.ofSeconds(30)));
        registry.withdraw("replica-2");
        registry.withdraw("replica-2");
        assertThat(registry.replicas()).extracting(each -> each.report().replica()).containsExactly("replica-1");
    }

    @Test
    void aLookAtEverythingFindsAMissingGeneration() throws IOException {
        registry.advance("main", 0, "a", List.of(), "alice");
        assertThat(registry.check()).allMatch(RegistryFinding::ok).extracting(RegistryFinding::what).contains("encoder a", "pipeline main");
        store("replica-2").add(state(3, "b", "somebody"));
        assertThat(registry.check()).filteredOn(finding -> !finding.ok()).extracting(RegistryFinding::detail).containsExactly("generation 2 is missing");
    }
}
