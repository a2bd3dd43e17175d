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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The registry as a directory, readable by a person and safe on a shared POSIX volume with hard links. A crash at any moment
 * leaves the old or the new state.
 *
 * <pre>
 * encoders/&lt;id&gt;/   config.json  model.safetensors  manifest.json  SHA256SUMS  report.json  samples/*.png
 * pipelines/&lt;name&gt;/&lt;generation&gt;.json  routes/&lt;generation&gt;.json
 * erasures/&lt;id&gt;/
 * audit/&lt;replica&gt;.jsonl
 * </pre>
 */
public final class FileEncoderRegistry implements EncoderRegistry {

    private static final Duration LEFTOVER_AGE = Duration.ofHours(1);

    private final String replica;
    private final Path erasures;
    private final EncoderStore encoders;
    private final PipelineStates pipelines;
    private final PipelineRouteFiles routes;
    private final AuditLog audit;

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
        this.replica = RegistryNames.requireId("replica", replica);
        try {
            Files.createDirectories(root);
            Path real = root.toRealPath();
            Path encoderRoot = DurableFiles.directory(real.resolve("encoders"));
            DurableFiles.deleteLeftovers(encoderRoot, leftoverAge);
            encoders = new EncoderStore(encoderRoot, leftoverAge);
            pipelines = new PipelineStates(DurableFiles.directory(real.resolve("pipelines")), leftoverAge);
            routes = new PipelineRouteFiles(real.resolve("pipelines"), leftoverAge);
            erasures = DurableFiles.directory(real.resolve("erasures"));
            audit = new AuditLog(DurableFiles.directory(real.resolve("audit")), replica);
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
    public EncoderManifest register(Path folder, Registration registration) {
        return io("written", () -> encoders.register(folder, registration));
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
        return io("read", () -> pipelines.newest(pipeline));
    }

    @Override
    public List<PipelineState> history(String pipeline) {
        return io("read", () -> pipelines.history(pipeline));
    }

    @Override
    public PipelineState advance(String pipeline, long expectedGeneration, EncoderPair wanted, boolean weakened, List<String> requiredErasures,
            String principal) {
        requireKinds(wanted);
        return io("written", () -> {
            Optional<PipelineState> newest = pipelines.newest(pipeline);
            long generation = newest.map(PipelineState::generation).orElse(0L);
            if (generation != expectedGeneration) {
                throw new ConflictException("pipeline '" + pipeline + "' is at generation " + generation + ", not " + expectedGeneration
                        + ": read its state and decide again");
            }
            EncoderPair previous = previous(newest, wanted);
            PipelineState state = new PipelineState(pipeline, generation + 1, wanted.encoder(), wanted.textEncoder2(), previous.encoder(),
                    previous.textEncoder2(), weakened, List.copyOf(requiredErasures), principal, Instant.now().truncatedTo(ChronoUnit.MILLIS));
            pipelines.add(state);
            return state;
        });
    }

    private void requireKinds(EncoderPair wanted) {
        encoders.require(wanted.encoder(), EncoderKind.CLIP_TEXT_MODEL, "encoder");
        if (wanted.textEncoder2() != null) {
            encoders.require(wanted.textEncoder2(), EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION, PipelineState.TEXT_ENCODER_2);
        }
    }

    @Override
    public Optional<PipelineRoutes> routes(String pipeline) {
        return io("read", () -> routes.newest(pipeline));
    }

    @Override
    public PipelineRoutes advanceRoutes(String pipeline, long expectedGeneration, Map<String, PipelineRoutes.Route> wanted, String principal) {
        wanted.forEach((name, route) -> {
            if (!PipelineRoutes.isValid(name, route)) {
                throw new RegistryException("the route of '" + name + "' is not valid");
            }
            requireKinds(route.encoders());
        });
        return io("written", () -> {
            long generation = routes.newest(pipeline).map(PipelineRoutes::generation).orElse(0L);
            if (generation != expectedGeneration) {
                throw new ConflictException("the routes of pipeline '" + pipeline + "' are at generation " + generation + ", not " + expectedGeneration
                        + ": read them and decide again");
            }
            PipelineRoutes next = new PipelineRoutes(pipeline, generation + 1, wanted, principal, Instant.now().truncatedTo(ChronoUnit.MILLIS));
            routes.add(next);
            return next;
        });
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
            audit.append(entry);
            return null;
        });
    }

    @Override
    public List<AuditEntry> auditTrail(int limit) {
        return io("read", () -> audit.newest(limit));
    }

    @Override
    public Path erasureDirectory(String erasureId) {
        Path directory = erasures.resolve(RegistryNames.requireId("erasure id", erasureId));
        if (Files.isSymbolicLink(directory) || Files.isRegularFile(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException("erasure '" + erasureId + "' is a link or a file, a directory of the registry is expected");
        }
        return io("written", () -> DurableFiles.directory(directory));
    }

    private interface Operation<T> {
        T run() throws IOException;
    }

    private static <T> T io(String verb, Operation<T> operation) {
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
