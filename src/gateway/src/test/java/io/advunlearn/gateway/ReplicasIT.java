package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.gateway.cli.AdminClient.RefusedException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three gateways with one registry. */
class ReplicasIT {

    private static final int REPLICAS = 3;
    private static final Duration REACHED = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PROMOTIONS = 6;
    private static final int ROUNDS = 3;
    private static final String ROLLOUT = "/pipelines/" + ChildGateway.PIPELINE + "/rollout";

    private enum Store { DIRECTORY, POSTGRESQL }

    /** Three gateways, and the database if there is one. */
    private static final class Replicas implements AutoCloseable {

        private final ExecutorService threads = Executors.newFixedThreadPool(REPLICAS + 1);
        private final Path work = ChildGateway.newFolder();
        private EmbeddedPostgres database;
        private int databasePort;
        private final List<ChildGateway> gateways = new ArrayList<>();

        Replicas(Store store) throws Exception {
            String[] options = store == Store.DIRECTORY ? new String[] {"-Xmx256m"} : withDatabase();
            List<Future<ChildGateway>> starting = new ArrayList<>();
            for (int i = 0; i < REPLICAS; i++) {
                String name = "replica-" + i;
                starting.add(threads.submit(() -> new ChildGateway(work, name, options)));
            }
            for (Future<ChildGateway> gateway : starting) {
                gateways.add(gateway.get());
            }
            gateways.get(0).importScaled("first", 1.01f);
            gateways.get(0).importScaled("second", 1.02f);
        }

        private String[] withDatabase() throws IOException {
            startDatabase(0);
            databasePort = database.getPort();
            return new String[] {"-Xmx256m", "-Dquarkus.advunlearn.registry.store=postgresql", "-Dquarkus.datasource.username=postgres",
                    "-Dquarkus.datasource.jdbc.url=jdbc:postgresql://127.0.0.1:" + databasePort + "/postgres"};
        }

        /** @param port that it had before, 0 for any */
        void startDatabase(int port) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setDataDirectory(work.resolve("database")).setCleanDataDirectory(false);
            database = (port == 0 ? builder : builder.setPort(port)).start();
        }

        void restartDatabase() throws IOException {
            startDatabase(databasePort);
        }

        void stopDatabase() throws IOException {
            database.close();
        }

        ChildGateway get(int i) {
            return gateways.get(i);
        }

        long promote(int replica, String encoder) {
            return get(replica).promote(encoder).path("generation").asLong();
        }

        JsonNode rollout(int asked) {
            return get(asked).admin().get(ROLLOUT);
        }

        /** Asks a replica until all are there. @return how long that took, in milliseconds */
        long awaitComplete(int asked, long generation, Duration limit) throws InterruptedException {
            long start = System.nanoTime();
            while (true) {
                JsonNode rollout = rollout(asked);
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                if (rollout.path("complete").asBoolean() && rollout.path("generation").asLong() == generation && rollout.path("upToDate").asInt() == REPLICAS) {
                    return millis;
                }
                assertThat(millis).as("%s", rollout).isLessThan(limit.toMillis());
                Thread.sleep(20);
            }
        }

        @Override
        public void close() throws Exception {
            List<Future<?>> stopping = new ArrayList<>();
            gateways.forEach(gateway -> stopping.add(threads.submit(gateway::close)));
            for (Future<?> each : stopping) {
                each.get();
            }
            threads.shutdown();
            if (database != null) {
                database.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Store.class)
    void aPromotionReachesAllAndOfTwoAtOnceOneWins(Store store) throws Exception {
        try (Replicas replicas = new Replicas(store)) {
            // The first time, classes are loaded; and a replica that is on its way answers 409.
            replicas.awaitComplete(1, replicas.promote(0, "first"), PATIENCE);
            reachesAll(store, replicas);
            assertThat(replicas.get(1).images().generate("a church", 1, 1).encoder()).isEqualTo("first");
            describesEveryReplica(replicas.rollout(0));
            race(replicas);
            killedInTheMiddle(replicas);
        }
    }

    /** The median, as something else may have the processor for a while. */
    private static void reachesAll(Store store, Replicas replicas) throws InterruptedException {
        List<Long> millis = new ArrayList<>();
        for (int i = 1; i <= PROMOTIONS; i++) {
            long generation = replicas.promote(i % REPLICAS, i % 2 == 0 ? "first" : "second");
            millis.add(replicas.awaitComplete((i + 1) % REPLICAS, generation, PATIENCE));
        }
        millis.sort(null);
        System.out.printf("%s: a promotion reached %d replicas after %s ms%n", store, REPLICAS, millis);
        assertThat(millis.get(PROMOTIONS / 2)).as("%s ms", millis).isLessThan(REACHED.toMillis());
    }

    private static void describesEveryReplica(JsonNode rollout) {
        assertThat(rollout.path("replicas").findValuesAsText("replica")).containsExactly("replica-0", "replica-1", "replica-2");
        for (JsonNode replica : rollout.path("replicas")) {
            assertThat(replica.path("heartbeat").asText()).isEqualTo("live");
            assertThat(replica.path("state").asText()).isEqualTo("ready");
            assertThat(replica.path("generation")).isEqualTo(rollout.path("desired").path("generation"));
            assertThat(replica.path("encoders").get(0).path("id")).isEqualTo(rollout.path("desired").path("encoder"));
            assertThat(replica.path("encoders").get(0).path("digest").asText()).hasSize(64);
            assertThat(replica.path("error").isNull()).isTrue();
        }
    }

    private static void race(Replicas replicas) throws Exception {
        Set<Long> won = new HashSet<>();
        int wins = 0;
        int lost = 0;
        for (int round = 0; round < ROUNDS || lost == 0 && round < 5 * ROUNDS; round++) {
            CyclicBarrier start = new CyclicBarrier(2);
            Future<Optional<Long>> one = replicas.threads.submit(() -> promoteAt(start, replicas, 0, "first"));
            Future<Optional<Long>> other = replicas.threads.submit(() -> promoteAt(start, replicas, 1, "second"));
            for (Optional<Long> generation : List.of(one.get(), other.get())) {
                generation.ifPresent(won::add);
                wins += generation.isPresent() ? 1 : 0;
                lost += generation.isPresent() ? 0 : 1;
            }
            assertThat(wins).as("promotions that won have generations of their own").isEqualTo(won.size());
            replicas.awaitComplete(2, won.stream().mapToLong(Long::longValue).max().orElseThrow(), PATIENCE);
        }
        assertThat(lost).as("promotions of one generation that were refused").isPositive();
    }

    /** @return the generation; empty if the answer was 409 */
    private static Optional<Long> promoteAt(CyclicBarrier start, Replicas replicas, int replica, String encoder) throws Exception {
        start.await();
        try {
            return Optional.of(replicas.promote(replica, encoder));
        } catch (RefusedException e) {
            assertThat(e).hasMessageContaining("answered 409");
            return Optional.empty();
        }
    }

    private static void killedInTheMiddle(Replicas replicas) throws Exception {
        Future<?> promoting = replicas.threads.submit(() -> promoteUntilTheEnd(replicas));
        Thread.sleep(500);
        replicas.get(2).kill();
        promoting.get();
        long generation = replicas.rollout(0).path("generation").asLong();
        replicas.get(2).start();
        replicas.awaitComplete(0, generation, PATIENCE);
        assertThat(replicas.rollout(2).path("desired")).isEqualTo(replicas.rollout(0).path("desired"));
    }

    private static void promoteOrLose(Replicas replicas, String encoder) {
        try {
            replicas.promote(2, encoder);
        } catch (RefusedException e) {
            assertThat(e).hasMessageContaining("answered 409");
        }
    }

    private static void promoteUntilTheEnd(Replicas replicas) {
        try {
            for (int i = 0;; i++) {
                promoteOrLose(replicas, i % 2 == 0 ? "second" : "first");
            }
        } catch (UncheckedIOException e) {
            // The process is gone.
        }
    }

    /** Serving goes on, changes are refused, and all is well again without a restart. */
    @Test
    @Tag("slow")
    void aDatabaseThatGoesAwayAndComesBack() throws Exception {
        try (Replicas replicas = new Replicas(Store.POSTGRESQL)) {
            replicas.awaitComplete(1, replicas.promote(0, "first"), PATIENCE);
            replicas.stopDatabase();
            Thread.sleep(3000);
            for (int i = 0; i < REPLICAS; i++) {
                ChildGateway gateway = replicas.get(i);
                assertThat(gateway.images().generate("a church", 1, 1).encoder()).isEqualTo("first");
                assertThat(gateway.isReady()).isTrue();
                assertThatThrownBy(() -> gateway.promote("second")).isInstanceOf(RefusedException.class).hasMessageContaining("answered 503")
                        .hasMessageContaining("database does not answer").hasMessageNotContaining("127.0.0.1");
            }
            replicas.restartDatabase();
            TestGateway.await("another promotion", () -> promotes(replicas));
            long generation = replicas.rollout(0).path("generation").asLong();
            replicas.awaitComplete(2, generation, PATIENCE);
            replicas.awaitComplete(1, replicas.promote(2, "first"), PATIENCE);
        }
    }

    private static boolean promotes(Replicas replicas) {
        try {
            return replicas.promote(1, "second") > 0;
        } catch (RefusedException e) {
            return false;
        }
    }

    /** A gateway that cannot have the store that it is told to have says so in a sentence. */
    @Test
    void aStoreThatIsNotThereStopsTheStart() throws Exception {
        String store = "-Dquarkus.advunlearn.registry.store=postgresql";
        assertThat(endOfStart(store)).contains("quarkus.advunlearn.registry.store=postgresql needs a database: set quarkus.datasource.jdbc.url")
                .doesNotContain("\tat ");
        assertThat(endOfStart(store, "-Dquarkus.datasource.jdbc.url=jdbc:postgresql://127.0.0.1:1/nothing", "-Dquarkus.datasource.username=nobody"))
                .contains("quarkus.advunlearn.registry.store=postgresql is not possible: the registry's database cannot be used: ");
    }

    private static String endOfStart(String... options) throws Exception {
        Path work = ChildGateway.newFolder();
        assertThatThrownBy(() -> new ChildGateway(work, "lonely", options)).isInstanceOf(IOException.class).hasMessageContaining("did not become ready");
        return Files.readString(work.resolve("lonely-1.log"));
    }
}
