package io.advunlearn.registry.postgresql;

import io.advunlearn.registry.ConflictException;
import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import io.advunlearn.registry.EncoderRegistry.Watch;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.RegistryFinding;
import io.advunlearn.registry.ReplicaReport;
import io.advunlearn.registry.StateStore;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Tables {@code advunlearn_*} of a PostgreSQL database. States and routes are the documents that a directory would hold, one row a generation, whose primary
 * key lets one of several writers have it. Connections are borrowed for one statement at a time; {@link #watch} keeps one.
 */
public final class PostgresqlStateStore implements StateStore {

    private static final String STATES = "advunlearn_states";
    private static final String ROUTES = "advunlearn_routes";

    private final Database database;
    private final String name;

    /**
     * Brings the schema up to date; of several replicas that do, one after the other.
     *
     * @param source of connections to the primary server, no transaction pooler between
     * @throws RegistryException if the database cannot be reached or its schema not be brought up to date
     */
    public PostgresqlStateStore(DataSource source) {
        database = new Database(source);
        Schema.migrate(source);
        name = "postgresql " + identity();
    }

    /** Of this database and no other. */
    public String name() {
        return name;
    }

    /** Which replica runs which job, in the same database. */
    public JobClaims claims() {
        return new PostgresqlJobClaims(database);
    }

    private String identity() {
        database.update("insert into advunlearn_registry default values on conflict do nothing");
        return database.list(row -> row.getString(1), "select id from advunlearn_registry").get(0);
    }

    @Override
    public List<String> pipelines() {
        return database.list(row -> row.getString(1), "select pipeline from " + STATES + " union select pipeline from " + ROUTES).stream().sorted().toList();
    }

    @Override
    public Optional<PipelineState> newestState(String pipeline) {
        return newest(STATES, pipeline).map(row -> PipelineState.read(row.json, pipeline, row.generation));
    }

    @Override
    public List<PipelineState> states(String pipeline) {
        return all(STATES, pipeline).stream().map(row -> PipelineState.read(row.json, pipeline, row.generation)).toList();
    }

    @Override
    public void add(PipelineState state) {
        add(STATES, state.pipeline(), state.generation(), state.json(), "pipeline '" + state.pipeline() + "'");
    }

    @Override
    public Optional<PipelineRoutes> newestRoutes(String pipeline) {
        return newest(ROUTES, pipeline).map(row -> PipelineRoutes.read(row.json, pipeline, row.generation));
    }

    @Override
    public List<PipelineRoutes> routes(String pipeline) {
        return all(ROUTES, pipeline).stream().map(row -> PipelineRoutes.read(row.json, pipeline, row.generation)).toList();
    }

    @Override
    public void add(PipelineRoutes routes) {
        add(ROUTES, routes.pipeline(), routes.generation(), routes.json(), "the routes of pipeline '" + routes.pipeline() + "'");
    }

    /** One generation. */
    private record Row(long generation, byte[] json) {

        static Row of(ResultSet row) throws SQLException {
            return new Row(row.getLong(1), row.getString(2).getBytes(StandardCharsets.UTF_8));
        }
    }

    private Optional<Row> newest(String table, String pipeline) {
        return database.list(Row::of, "select generation, document from " + table + " where pipeline = ? order by generation desc limit 1", pipeline)
                .stream().findFirst();
    }

    private List<Row> all(String table, String pipeline) {
        return database.list(Row::of, "select generation, document from " + table + " where pipeline = ? order by generation", pipeline);
    }

    private void add(String table, String pipeline, long generation, byte[] json, String what) {
        int added = database.update("insert into " + table + " (pipeline, generation, document) values (?, ?, ?::jsonb) on conflict do nothing", pipeline,
                generation, new String(json, StandardCharsets.UTF_8));
        if (added == 0) {
            throw new ConflictException("another writer made generation " + generation + " of " + what + " first: read its state and decide again");
        }
    }

    @Override
    public void append(AuditEntry entry) {
        database.update("insert into advunlearn_audit (at, replica, principal, action, target, outcome) values (?::timestamptz, ?, ?, ?, ?, ?)",
                entry.at().toString(), entry.replica(), text(entry.principal()), text(entry.action()), text(entry.target()), text(entry.outcome()));
    }

    /** What a client sent may hold what the database has no place for. */
    private static String text(String text) {
        return text == null ? null : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', '\uFFFD');
    }

    @Override
    public List<AuditEntry> newestEntries(int limit) {
        return database.list(row -> new AuditEntry(Database.instant(row, 1), row.getString(2), row.getString(3), row.getString(4), row.getString(5),
                row.getString(6)), "select at, replica, principal, action, target, outcome from advunlearn_audit order by at desc, id desc limit ?", limit);
    }

    @Override
    public void report(ReplicaReport report) {
        database.update("insert into advunlearn_replicas (replica, report) values (?, ?::jsonb)"
                + " on conflict (replica) do update set report = excluded.report, reported_at = now()", report.replica(),
                new String(report.json(), StandardCharsets.UTF_8));
        database.update("delete from advunlearn_replicas where reported_at < now() - make_interval(secs => ?)", ReplicaReport.FORGOTTEN.toSeconds());
    }

    @Override
    public void withdraw(String replica) {
        database.update("delete from advunlearn_replicas where replica = ?", replica);
    }

    /** Ages go by the database's clock. */
    @Override
    public List<ReplicaReport.Seen> replicas() {
        return database.list(PostgresqlStateStore::seen, "select replica, report, extract(epoch from now() - reported_at) from advunlearn_replicas"
                + " order by replica collate \"C\"").stream().filter(Objects::nonNull).toList();
    }

    /** {@code null} if it cannot be read; the replica's next report replaces it. */
    private static ReplicaReport.Seen seen(ResultSet row) throws SQLException {
        try {
            ReplicaReport report = ReplicaReport.read(row.getString(2).getBytes(StandardCharsets.UTF_8), row.getString(1));
            return new ReplicaReport.Seen(report, Duration.ofMillis(Math.round(row.getDouble(3) * 1000)));
        } catch (RegistryException e) {
            return null;
        }
    }

    @Override
    public Watch watch(Runnable changed) {
        return new ChangeListener(database, changed);
    }

    @Override
    public List<RegistryFinding> check() {
        long entries = database.list(row -> row.getLong(1), "select count(*) from advunlearn_audit").get(0);
        return List.of(new RegistryFinding(true, name, entries + " entries of the audit trail"));
    }
}
