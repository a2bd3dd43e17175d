package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Watch;
import io.advunlearn.registry.PipelineRoutes.Route;
import io.advunlearn.registry.postgresql.PostgresqlStateStore;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** States in a PostgreSQL database. */
class PostgresqlRegistryTest extends RegistryContract {

    private DataSource database;

    @Override
    void prepare() {
        database = Postgres.newDatabase();
    }

    @Override
    FileEncoderRegistry open(String replica) {
        return open(replica, new PostgresqlStateStore(database));
    }

    private FileEncoderRegistry open(String replica, PostgresqlStateStore states) {
        return new FileEncoderRegistry(root, replica, states, states.name());
    }

    @Override
    StateStore store(String replica) {
        return new PostgresqlStateStore(database);
    }

    @Test
    void aListenerIsToldOfEveryChangeAndOfEveryNewConnection() throws InterruptedException {
        Semaphore told = new Semaphore(0);
        try (Watch watch = open("replica-2").watch(told::release)) {
            assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).as("connected").isTrue();
            registry.advance("main", 0, "a", List.of(), "alice");
            assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).as("a state").isTrue();
            registry.advanceRoutes("main", 0, Map.of(), "alice");
            assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).as("routes").isTrue();
            registry.audit("alice", "look", "main", "nothing");
            assertThat(told.tryAcquire(700, TimeUnit.MILLISECONDS)).as("no change").isFalse();
            Postgres.execute(database, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).as("connected again").isTrue();
            registry.advance("main", 1, "b", List.of(), "alice");
            assertThat(told.tryAcquire(20, TimeUnit.SECONDS)).as("another state").isTrue();
        }
    }

    @Test
    void theSchemaComesBesideOtherTablesAndReplicasThatStartTogetherWaitForEachOther() throws Exception {
        DataSource shared = Postgres.newDatabase();
        Postgres.execute(shared, "create table somebody_elses (id int)");
        CountDownLatch done = new CountDownLatch(4);
        String[] names = new String[4];
        for (int i = 0; i < names.length; i++) {
            int own = i;
            new Thread(() -> {
                names[own] = new PostgresqlStateStore(shared).name();
                done.countDown();
            }).start();
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(names).containsOnly(names[0]).doesNotContain(new PostgresqlStateStore(database).name());
    }

    @Test
    void aDirectoryMovesIntoTheDatabaseAndIsNoRegistryByItselfAfterwards() throws IOException {
        root = temporary.resolve("moved");
        FileEncoderRegistry before = new FileEncoderRegistry(root, "old");
        before.register(temporary.resolve("a"), RegisterTest.registration("a"));
        before.advance("main", 0, "a", List.of("church"), "alice");
        before.advance("main", 1, "base", List.of("church"), "bob");
        before.advanceRoutes("main", 0, Map.of("acme", new Route("a", null, null)), "alice");
        before.audit("alice", "promote", "main -> a", "generation 1");
        List<PipelineState> history = before.history("main");
        DataSource empty = Postgres.newDatabase();
        new PostgresqlStateStore(empty).add(history.get(0));

        PostgresqlStateStore states = new PostgresqlStateStore(empty);
        FileEncoderRegistry moved = open("new", states);
        assertThat(moved.history("main")).as("goes on after a crash in the middle").isEqualTo(history);
        assertThat(moved.routes("main")).isEqualTo(before.routes("main"));
        assertThat(moved.auditTrail(10)).extracting(AuditEntry::replica).containsExactly("old");
        assertThatThrownBy(() -> moved.delete("a", "alice")).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> before.advance("main", 2, "base", List.of(), "late")).as("an older process").hasMessageContaining("are in a database");
        assertThatThrownBy(() -> before.delete("a", "late")).isInstanceOf(RegistryException.class);

        moved.advance("main", 2, "a", List.of("church"), "carol");
        assertThat(open("again", states).history("main")).hasSize(3);
        assertThatThrownBy(() -> new FileEncoderRegistry(root, "command-line")).isInstanceOf(RegistryException.class)
                .hasMessageContaining("are in a database").hasMessageContaining("registry.store=postgresql");
    }

    @Test
    void anotherDatabaseIsRefused() {
        PostgresqlStateStore empty = new PostgresqlStateStore(Postgres.newDatabase());
        assertThatThrownBy(() -> open("lost", empty)).isInstanceOf(RegistryException.class).hasMessageContaining("in another database");
        root = temporary.resolve("another");
        new FileEncoderRegistry(root, "old").advance("main", 0, "base", List.of("church"), "alice");
        registry.advance("main", 0, "a", List.of(), "alice");
        assertThatThrownBy(() -> open("mixed", new PostgresqlStateStore(database))).isInstanceOf(RegistryException.class)
                .hasMessageContaining("belongs to another registry");
    }

    @Test
    void anOutageIsSaidAndNothingElseIsLost() throws SQLException {
        Outage outage = new Outage(database);
        FileEncoderRegistry replica = open("replica-2", new PostgresqlStateStore(outage));
        replica.advance("main", 0, "a", List.of(), "alice");
        outage.out = true;
        assertThatThrownBy(() -> replica.advance("main", 1, "b", List.of(), "alice")).isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("SQLSTATE 08001").hasMessageNotContaining("secret");
        assertThatThrownBy(() -> replica.state("main")).isInstanceOf(RegistryUnavailableException.class);
        assertThatThrownBy(() -> replica.delete("c", "alice")).as("nobody knows who needs it").isInstanceOf(RegistryUnavailableException.class);
        assertThat(replica.encoders()).hasSize(3);
        outage.out = false;
        assertThat(replica.advance("main", 1, "b", List.of(), "alice").generation()).isEqualTo(2);
    }

    /** A database that goes away. */
    private static final class Outage extends PGSimpleDataSource {
        private static final long serialVersionUID = 1L;
        private final transient DataSource database;
        private volatile boolean out;

        Outage(DataSource database) {
            this.database = database;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (out) {
                throw new SQLException("secret-host does not answer", "08001");
            }
            return database.getConnection();
        }
    }

    @Test
    void aDatabaseThatIsNotThereIsSaidInASentence() {
        PGSimpleDataSource nobody = new PGSimpleDataSource();
        nobody.setServerNames(new String[] {"127.0.0.1"});
        nobody.setPortNumbers(new int[] {1});
        nobody.setConnectTimeout(2);
        assertThatThrownBy(() -> new PostgresqlStateStore(nobody)).isInstanceOf(RegistryException.class)
                .hasMessageStartingWith("the registry's database cannot be used: ").message().doesNotContain("\n");
    }

    @Test
    void agesGoByTheDatabasesClock() {
        registry.report(report("replica-1", 3, Instant.now().minusSeconds(1000)));
        assertThat(registry.replicas().get(0).pulse()).as("whatever the replica's own clock says").isEqualTo(ReplicaReport.Pulse.LIVE);
        Postgres.execute(database, "update advunlearn_replicas set reported_at = now() - interval '4 seconds'");
        assertThat(registry.replicas().get(0).pulse()).isEqualTo(ReplicaReport.Pulse.STALE);
        Postgres.execute(database, "update advunlearn_replicas set reported_at = now() - interval '2 days'");
        registry.report(report("replica-2", 3, Instant.now()));
        assertThat(registry.replicas()).extracting(each -> each.report().replica()).containsExactly("replica-2");
    }
}
