package io.advunlearn.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry as a directory, readable by a person and safe on a shared POSIX volume with hard links and file locks. A crash at any moment
 * leaves the old or the new state. Pipelines' states, routes, the audit trail and replicas' reports may lie in a {@link StateStore} elsewhere instead;
 * encoders, uploads and jobs are here in any case.
 *
 * <pre>
 * encoders/&lt;id&gt;/   config.json  model.safetensors  manifest.json  SHA256SUMS  labels.json  report.json  samples/*.png
 * pipelines/&lt;name&gt;/&lt;generation&gt;.json  routes/&lt;generation&gt;.json
 * erasures/&lt;id&gt;/
 * uploads/&lt;id&gt;/
 * audit/&lt;replica&gt;.jsonl
 * replicas/&lt;replica&gt;.json
 * .lock
 * .states         says that the states lie elsewhere
 * </pre>
 */
public final class FileEncoderRegistry implements EncoderRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(FileEncoderRegistry.class);
    private static final Duration LEFTOVER_AGE = Duration.ofHours(1);

    private final String replica;
    private final Path erasures;
    private final EncoderStore encoders;
    private final StateStore states;
    private final RegistryLock lock;
    private final EncoderReferences references;
    private final GarbageCollector garbage;
    private final Path root;
    private final Path uploads;

    /** As below, deleting temporary files of crashed writers after an hour. */
    public FileEncoderRegistry(Path root, String replica) {
        this(root, replica, LEFTOVER_AGE);
    }

    /**
     * Opens the registry, creating what is missing.
     *
     * @param root its directory
     * @param replica name of this process in the audit log, {@code [a-z0-9][a-z0-9._-]{0,63}}, unique among processes that share the directory
     * @param leftoverAge age from which a temporary file is a crashed writer's, longer than any registration takes
     */
    public FileEncoderRegistry(Path root, String replica, Duration leftoverAge) {
        this(root, replica, leftoverAge, (real, lock) -> {
            new StoreMarker(real).requireNone();
            return new FileStateStore(real, replica, leftoverAge, lock);
        });
    }

    /**
     * Opens a registry whose states lie elsewhere. Those that its directory has from before are copied there, and from then on the directory alone is no
     * registry any more.
     *
     * @param root its directory
     * @param replica as above
     * @param states where they lie
     * @param name of that store, always the same, and of no other
     * @throws RegistryException if the registry's states lie in another store, or this one belongs to another registry
     */
    public FileEncoderRegistry(Path root, String replica, StateStore states, String name) {
        this(root, replica, LEFTOVER_AGE, (real, lock) -> lock.hold(() -> {
            StoreMarker marker = new StoreMarker(real);
            if (!marker.names(name)) {
                int copied = StoreMove.copy(new FileStateStore(real, replica, LEFTOVER_AGE, lock), states);
                marker.write(name);
                LOG.info("The states of the registry are in {} from now on; {} were copied there", name, copied);
            }
            return states;
        }));
    }

    /** Opens what holds the states, once the directory is there. */
    private interface Opening {
        StateStore open(Path real, RegistryLock lock) throws IOException;
    }

    private FileEncoderRegistry(Path root, String replica, Duration leftoverAge, Opening opening) {
        this.replica = RegistryNames.requireId("replica", replica);
        try {
            Files.createDirectories(root);
            Path real = root.toRealPath();
            Path encoderRoot = DurableFiles.directory(real.resolve("encoders"));
            DurableFiles.deleteLeftovers(encoderRoot, leftoverAge);
            lock = new RegistryLock(real);
            encoders = new EncoderStore(encoderRoot, leftoverAge, lock);
            states = opening.open(real, lock);
            erasures = DurableFiles.directory(real.resolve("erasures"));
            references = new EncoderReferences(real, encoders, states);
            garbage = new GarbageCollector(real, encoders, states, references);
            this.root = real;
            uploads = real.resolve(EncoderUploads.DIRECTORY);
        } catch (IOException e) {
            throw failure("opened at " + root, e);
        }
    }

    @Override
    public List<EncoderManifest> encoders() {
        return io("read", encoders::list);
    }

    @Override
    public Optional<EncoderManifest> encoder(String id) {
        return encoders.find(id);
    }

    @Override
    public Path directory(String id) {
        return encoders.directory(id);
    }

    @Override
    public EncoderManifest verify(String id) {
        return io("read", () -> encoders.verify(id));
    }

    @Override
    public EncoderManifest register(Path folder, Registration registration, ReferenceRun reference) {
        return io("written", () -> encoders.register(folder, registration, reference));
    }

    @Override
    public void attach(String id, String name, byte[] content) {
        io("written", () -> {
            encoders.attach(id, name, content);
            return null;
        });
    }

    @Override
    public Optional<byte[]> attachment(String id, String name) {
        return io("read", () -> encoders.attachment(id, name));
    }

    @Override
    public Optional<PipelineState> state(String pipeline) {
        return io("read", () -> states.newestState(requirePipeline(pipeline)));
    }

    @Override
    public List<PipelineState> history(String pipeline) {
        return io("read", () -> states.states(requirePipeline(pipeline)));
    }

    @Override
    public PipelineState advance(String pipeline, long expectedGeneration, EncoderPair wanted, boolean weakened, List<String> requiredErasures,
            String principal) {
        // A deletion that comes first is seen, one that comes later sees this state.
        return io("written", () -> lock.hold(() -> {
            requireKinds(wanted);
            Optional<PipelineState> newest = states.newestState(requirePipeline(pipeline));
            long generation = newest.map(PipelineState::generation).orElse(0L);
            if (generation != expectedGeneration) {
                throw new ConflictException("pipeline '" + pipeline + "' is at generation " + generation + ", not " + expectedGeneration
                        + ": read its state and decide again");
            }
            EncoderPair previous = previous(newest, wanted);
            PipelineState state = new PipelineState(pipeline, generation + 1, wanted.encoder(), wanted.textEncoder2(), previous.encoder(),
                    previous.textEncoder2(), weakened, List.copyOf(requiredErasures), principal, Instant.now().truncatedTo(ChronoUnit.MILLIS));
            states.add(state);
            return state;
        }));
    }

    private static String requirePipeline(String pipeline) {
        return RegistryNames.requireId("pipeline", pipeline);
    }

    private void requireKinds(EncoderPair wanted) {
        encoders.require(wanted.encoder(), EncoderKind.CLIP_TEXT_MODEL, "encoder");
        if (wanted.textEncoder2() != null) {
            encoders.require(wanted.textEncoder2(), EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION, PipelineState.TEXT_ENCODER_2);
        }
    }

    @Override
    public Optional<PipelineRoutes> routes(String pipeline) {
        return io("read", () -> states.newestRoutes(requirePipeline(pipeline)));
    }

    @Override
    public PipelineRoutes advanceRoutes(String pipeline, long expectedGeneration, Map<String, PipelineRoutes.Route> wanted, String principal) {
        wanted.forEach((name, route) -> {
            if (!PipelineRoutes.isValid(name, route)) {
                throw new RegistryException("the route of '" + name + "' is not valid");
            }
        });
        return io("written", () -> lock.hold(() -> {
            wanted.values().forEach(route -> requireKinds(route.encoders()));
            long generation = states.newestRoutes(requirePipeline(pipeline)).map(PipelineRoutes::generation).orElse(0L);
            if (generation != expectedGeneration) {
                throw new ConflictException("the routes of pipeline '" + pipeline + "' are at generation " + generation + ", not " + expectedGeneration
                        + ": read them and decide again");
            }
            PipelineRoutes next = new PipelineRoutes(pipeline, generation + 1, wanted, principal, Instant.now().truncatedTo(ChronoUnit.MILLIS));
            states.add(next);
            return next;
        }));
    }

    /** Promoting the active encoders again keeps those before them. */
    private static EncoderPair previous(Optional<PipelineState> newest, EncoderPair wanted) {
        EncoderPair before = newest.map(state -> state.encoders().orBase().equals(wanted.orBase()) ? state.previousEncoders() : state.encoders())
                .orElse(EncoderPair.BASE);
        return wanted.textEncoder2() == null ? before : before.orBase();
    }

    @Override
    public void audit(String principal, String action, String target, String outcome) {
        AuditEntry entry = new AuditEntry(Instant.now().truncatedTo(ChronoUnit.MILLIS), replica, principal, action, target, outcome);
        io("written", () -> {
            states.append(entry.cut());
            return null;
        });
    }

    @Override
    public List<AuditEntry> auditTrail(int limit) {
        return io("read", () -> states.newestEntries(limit));
    }

    @Override
    public void report(ReplicaReport report) {
        io("written", () -> {
            states.report(report);
            return null;
        });
    }

    @Override
    public void withdraw(String name) {
        io("written", () -> {
            states.withdraw(name);
            return null;
        });
    }

    @Override
    public List<ReplicaReport.Seen> replicas() {
        return io("read", states::replicas);
    }

    @Override
    public Watch watch(Runnable changed) {
        return states.watch(changed);
    }

    @Override
    public Path erasureDirectory(String erasureId) {
        Path directory = erasures.resolve(RegistryNames.requireId("erasure id", erasureId));
        if (Files.isSymbolicLink(directory) || Files.isRegularFile(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException("erasure '" + erasureId + "' is a link or a file, a directory of the registry is expected");
        }
        return io("written", () -> DurableFiles.directory(directory));
    }

    @Override
    public Map<String, String> labels(String id) {
        return io("read", () -> {
            requireRegistered(id);
            return encoders.labels(id);
        });
    }

    @Override
    public Map<String, String> label(String id, Map<String, String> changes, String principal) {
        return io("written", () -> {
            Map<String, String> labels = encoders.label(id, changes);
            audit(principal, "label", id, changes.toString());
            return labels;
        });
    }

    @Override
    public List<String> references(String id) {
        return io("read", () -> {
            requireRegistered(id);
            return references.to(id);
        });
    }

    private void requireRegistered(String id) {
        if (!encoders.exists(id)) {
            throw EncoderStore.unknown(id);
        }
    }

    @Override
    public void delete(String id, String principal) {
        io("written", () -> {
            Path tombstone = lock.hold(() -> {
                requireRegistered(id);
                List<String> reasons = references.to(id);
                if (!reasons.isEmpty()) {
                    String reason = String.join("; ", reasons);
                    audit(principal, "delete", id, "refused: " + reason);
                    throw new ConflictException("encoder '" + id + "' is needed: " + reason);
                }
                // before it happens: a deletion that cannot be audited does not
                audit(principal, "delete", id, "deleting " + digest(id));
                return encoders.bury(id);
            });
            DurableFiles.deleteTree(tombstone);
            return null;
        });
    }

    private String digest(String id) {
        try {
            return encoders.find(id).map(EncoderManifest::digest).orElse("nothing");
        } catch (RegistryException e) {
            return "a damaged encoder";
        }
    }

    @Override
    public List<RegistryFinding> check() {
        return io("read", () -> new RegistryCheck(root, encoders, states).run());
    }

    @Override
    public List<Garbage> garbage(Garbage.Ages ages) {
        return io("read", () -> {
            List<Garbage> all = new ArrayList<>(garbage.encoders(ages.encoders()));
            for (String upload : EncoderUploads.abandoned(uploads, ages.uploads())) {
                all.add(new Garbage("upload", upload, "nothing was added to it for " + ages.uploads(), DurableFiles.size(uploads.resolve(upload))));
            }
            all.addAll(garbage.leftovers(ages.leftovers()));
            return List.copyOf(all);
        });
    }

    @Override
    public List<Garbage> collect(Garbage.Ages ages, String principal) {
        List<Garbage> removed = new ArrayList<>();
        for (Garbage each : garbage(ages)) {
            if (remove(each, principal)) {
                removed.add(each);
            }
        }
        return List.copyOf(removed);
    }

    /** @return false if somebody needs it by now */
    private boolean remove(Garbage each, String principal) {
        try {
            switch (each.kind()) {
                case "encoder" -> delete(each.name(), principal);
                case "upload" -> io("written", () -> {
                    EncoderUploads.remove(uploads, each.name());
                    return null;
                });
                default -> io("written", () -> {
                    DurableFiles.deleteTree(root.resolve(each.name()));
                    return null;
                });
            }
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }

    private static <T> T io(String verb, RegistryLock.Work<T> operation) {
        try {
            return operation.run();
        } catch (IOException e) {
            throw failure(verb, e);
        } catch (UncheckedIOException | DirectoryIteratorException e) {
            throw failure(verb, (IOException) e.getCause());
        }
    }

    /** The reason reaches clients, the server's paths stay in the cause. */
    private static RegistryException failure(String verb, IOException e) {
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        return new RegistryException("the registry could not be " + verb + " (" + e.getClass().getSimpleName()
                + (reason == null ? "" : ": " + reason) + ")", e);
    }
}
