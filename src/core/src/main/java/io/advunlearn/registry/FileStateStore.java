package io.advunlearn.registry;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code pipelines/}, {@code audit/} and {@code replicas/} of the registry's directory. */
final class FileStateStore implements StateStore {

    private final Path root;
    private final PipelineStates states;
    private final PipelineRouteFiles routes;
    private final AuditLog audit;
    private final ReplicaFiles replicas;
    /** Whoever opened the registry before its states went elsewhere must not write here any more. */
    private final StoreMarker moved;

    /** @param root the registry's real path; @param replica whose entries the audit log gets */
    FileStateStore(Path root, String replica, Duration leftoverAge, RegistryLock lock) throws IOException {
        moved = new StoreMarker(root);
        this.root = root.resolve("pipelines");
        states = new PipelineStates(DurableFiles.directory(this.root), leftoverAge);
        routes = new PipelineRouteFiles(this.root, leftoverAge);
        audit = new AuditLog(DurableFiles.directory(root.resolve("audit")), replica, lock);
        replicas = new ReplicaFiles(root.resolve("replicas"), leftoverAge);
    }

    @Override
    public List<String> pipelines() throws IOException {
        return states.names();
    }

    @Override
    public Optional<PipelineState> newestState(String pipeline) throws IOException {
        return states.newest(pipeline);
    }

    @Override
    public List<PipelineState> states(String pipeline) throws IOException {
        return states.history(pipeline);
    }

    @Override
    public void add(PipelineState state) throws IOException {
        moved.requireNone();
        states.add(state);
    }

    @Override
    public Optional<PipelineRoutes> newestRoutes(String pipeline) throws IOException {
        return routes.newest(pipeline);
    }

    @Override
    public List<PipelineRoutes> routes(String pipeline) throws IOException {
        return routes.history(pipeline);
    }

    @Override
    public void add(PipelineRoutes wanted) throws IOException {
        moved.requireNone();
        routes.add(wanted);
    }

    @Override
    public void append(AuditEntry entry) throws IOException {
        moved.requireNone();
        audit.append(entry);
    }

    @Override
    public List<AuditEntry> newestEntries(int limit) throws IOException {
        return audit.newest(limit);
    }

    @Override
    public void report(ReplicaReport report) throws IOException {
        replicas.replace(report);
    }

    @Override
    public void withdraw(String replica) throws IOException {
        replicas.delete(replica);
    }

    @Override
    public List<ReplicaReport.Seen> replicas() throws IOException {
        return replicas.all();
    }

    @Override
    public List<RegistryFinding> check() throws IOException {
        return audit.check();
    }

    @Override
    public List<Path> folders() throws IOException {
        List<Path> folders = new ArrayList<>();
        for (String pipeline : pipelines()) {
            folders.add(root.resolve(pipeline));
            folders.add(root.resolve(pipeline).resolve("routes"));
        }
        folders.add(replicas.directory());
        folders.removeIf(folder -> !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS));
        return folders;
    }
}
