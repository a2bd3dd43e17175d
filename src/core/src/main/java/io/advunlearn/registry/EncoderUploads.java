package io.advunlearn.registry;

import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code uploads/<id>/}: encoders that arrive in parts, {@code upload.json} and the files as far as they have come. A file only grows, and its length is
 * what has come: whatever is killed in the middle, the sender asks how far it got and goes on there. Thread-safe, and safe between processes.
 */
public final class EncoderUploads {

    static final String DIRECTORY = "uploads";

    private static final String DESCRIPTION = "upload.json";
    private static final String FILES = "files";
    private static final int MAX_FILES = 64;
    private static final Pattern WEIGHTS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}\\.safetensors");
    private static final Pattern INDEX = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,79}\\.safetensors\\.index(\\.[a-z0-9]{1,16})?\\.json");
    private static final long MAX_JSON = 10 << 20;

    private final Path root;
    private final UploadLimits limits;
    private final EncoderRegistry registry;
    private final RegistryLock lock;

    /** @param root the registry's directory */
    public EncoderUploads(Path root, UploadLimits limits, EncoderRegistry registry) {
        this.limits = limits;
        this.registry = registry;
        try {
            Files.createDirectories(root);
            Path real = root.toRealPath();
            lock = new RegistryLock(real);
            this.root = DurableFiles.directory(real.resolve(DIRECTORY));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * Begins an upload. Removes abandoned ones.
     *
     * @throws ConflictException if there is an encoder of that id
     * @throws RegistryException naming the field and what is accepted, or if all unfinished uploads would be too large together
     */
    public EncoderUpload begin(String encoder, String parent, String baseDigest, List<String> erasures, List<EncoderUpload.Part> files, String principal) {
        EncoderUpload upload = new EncoderUpload(UUID.randomUUID().toString(), RegistryNames.requireId("id", encoder), parent, baseDigest,
                List.copyOf(erasures), principal, Instant.now().truncatedTo(ChronoUnit.MILLIS), List.copyOf(files));
        check(upload);
        return io(() -> lock.hold(() -> {
            for (String abandoned : abandoned(root, limits.age())) {
                remove(root, abandoned);
            }
            long pending = upload.size();
            for (EncoderUpload other : all()) {
                pending += other.size();
            }
            if (pending > limits.bytes()) {
                throw new RegistryException("unfinished uploads may have " + limits.bytes() + " bytes together, with this one they would have " + pending);
            }
            Path temporary = Files.createDirectory(DurableFiles.temporary(root));
            DurableFiles.create(temporary.resolve(DESCRIPTION), RegistryJson.pretty(upload));
            DurableFiles.directory(temporary.resolve(FILES));
            Files.move(temporary, root.resolve(upload.id()), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.sync(root);
            return upload;
        }));
    }

    private void check(EncoderUpload upload) {
        ManifestRules.requireUnused(registry, upload.encoder());
        if (upload.parent() != null) {
            registry.encoder(upload.parent()).orElseThrow(() -> new RegistryException("parent '" + upload.parent() + "' is not a registered encoder"));
        }
        Set<String> names = new HashSet<>();
        upload.files().forEach(part -> check(part, names));
        if (!names.contains(EncoderFolder.CONFIG) || upload.files().stream().noneMatch(part -> WEIGHTS.matcher(part.name()).matches())) {
            throw new RegistryException("files must hold config.json and at least one .safetensors file");
        }
        if (upload.files().size() > MAX_FILES) {
            throw new RegistryException("files must hold at most " + MAX_FILES + " files, not " + upload.files().size());
        }
    }

    private static void check(EncoderUpload.Part part, Set<String> names) {
        String name = part.name();
        boolean json = EncoderFolder.CONFIG.equals(name) || name != null && INDEX.matcher(name).matches();
        if (!json && (name == null || !WEIGHTS.matcher(name).matches())) {
            throw new RegistryException("files: a name must be config.json, a .safetensors file or its .safetensors.index.json, pickles are never accepted");
        }
        if (!names.add(name)) {
            throw new RegistryException("files names " + name + " twice");
        }
        if (part.size() < 1 || json && part.size() > MAX_JSON) {
            throw new RegistryException("files: the size of " + name + " must be at least 1" + (json ? " and at most " + MAX_JSON : "")
                    + ", not " + part.size());
        }
        if (!ManifestRules.isDigest(part.sha256())) {
            throw new RegistryException("files: the sha256 of " + name + " must be 64 hexadecimal digits in lower case");
        }
    }

    /** Those that are not finished, in no order. */
    public List<EncoderUpload> all() {
        return io(() -> {
            List<EncoderUpload> all = new ArrayList<>();
            for (String id : ids(root)) {
                find(id).ifPresent(all::add);
            }
            return all;
        });
    }

    /** Empty if there is none, it is complete, or it was removed. */
    public Optional<EncoderUpload> find(String id) {
        if (!RegistryNames.isId(id)) {
            return Optional.empty();
        }
        Path file = root.resolve(id).resolve(DESCRIPTION);
        return io(() -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(RegistryJson.read(Files.readAllBytes(file), EncoderUpload.class, "upload '" + id + "'")) : Optional.empty());
    }

    /** Bytes of a file that have come. */
    public long received(EncoderUpload upload, EncoderUpload.Part part) {
        Path file = path(upload, part);
        return io(() -> Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0L);
    }

    private Path path(EncoderUpload upload, EncoderUpload.Part part) {
        return root.resolve(upload.id()).resolve(FILES).resolve(part.name());
    }

    /** Where a host writes a part before it is appended; what a crash leaves there is collected as any temporary file. */
    public Path temporary() {
        return DurableFiles.temporary(root);
    }

    /**
     * Appends a part; it is on disk when this returns.
     *
     * @param name a file that was announced
     * @param offset bytes that the sender knows have come
     * @param part holds the bytes, at most {@link UploadLimits#PART_BYTES}
     * @return bytes that have come now
     * @throws ConflictException if another number of bytes has come, or another part of that file is being written
     * @throws RegistryException if the file was not announced, or the part is empty, too large or goes beyond the announced size
     */
    public long append(EncoderUpload upload, String name, long offset, Path part) {
        EncoderUpload.Part file = file(upload, name);
        return io(() -> {
            long size = Files.size(part);
            if (size < 1 || size > UploadLimits.PART_BYTES) {
                throw new RegistryException("a part must have 1 to " + UploadLimits.PART_BYTES + " bytes, not " + size);
            }
            try (FileChannel source = FileChannel.open(part, StandardOpenOption.READ);
                    FileChannel target = FileChannel.open(path(upload, file), StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                    FileLock held = alone(target, name)) {
                checkPlace(file, offset, target.size(), size);
                append(source, target, size);
                return target.size();
            }
        });
    }

    private static EncoderUpload.Part file(EncoderUpload upload, String name) {
        return upload.files().stream().filter(part -> part.name().equals(name)).findFirst()
                .orElseThrow(() -> new RegistryException("this upload has no file " + RegistryNames.quoted(name) + "; it has: "
                        + String.join(", ", upload.files().stream().map(EncoderUpload.Part::name).toList())));
    }

    private static FileLock alone(FileChannel target, String name) throws IOException {
        FileLock held = null;
        try {
            held = target.tryLock();
        } catch (OverlappingFileLockException e) {
            // another thread of this process has it
        }
        if (held == null) {
            throw new ConflictException("another part of " + name + " is being written, ask how far it is and go on there");
        }
        return held;
    }

    private static void checkPlace(EncoderUpload.Part file, long offset, long received, long size) {
        if (offset != received) {
            throw new ConflictException(file.name() + " has " + received + " bytes here, the next part must begin there and not at " + offset);
        }
        if (received + size > file.size()) {
            throw new RegistryException(file.name() + " was announced with " + file.size() + " bytes, with this part it would have " + (received + size));
        }
    }

    private static void append(FileChannel source, FileChannel target, long size) throws IOException {
        long before = target.size();
        try {
            target.position(before);
            for (long done = 0; done < size;) {
                done += source.transferTo(done, size - done, target);
            }
            target.force(true);
        } catch (IOException e) {
            target.truncate(before);
            throw e;
        }
    }

    /**
     * Checks every file, registers the encoder and removes the upload. May be repeated after a crash: an encoder that was registered from this very upload is
     * found and not refused.
     *
     * @param reference asked for the reference output
     * @throws ConflictException if not everything has come, or there is another encoder of that id
     * @throws RegistryException if a file is not the announced one, which is then emptied, or the encoder is refused
     */
    public EncoderManifest complete(EncoderUpload upload, ReferenceRun reference, String principal) {
        for (EncoderUpload.Part part : upload.files()) {
            long received = received(upload, part);
            if (received != part.size()) {
                throw new ConflictException(part.name() + " has " + received + " of " + part.size() + " bytes, send the rest first");
            }
        }
        upload.files().forEach(part -> requireAnnounced(upload, part));
        EncoderManifest manifest = registered(upload).orElseGet(() -> registry.register(root.resolve(upload.id()).resolve(FILES),
                new EncoderRegistry.Registration(upload.encoder(), upload.baseDigest(), upload.parent(), upload.erasures(), "imported", principal, null,
                        new float[0]), reference));
        remove(upload.id());
        return manifest;
    }

    /** What a crash between registration and removal left. Of shards nobody can tell: they become another file. */
    private Optional<EncoderManifest> registered(EncoderUpload upload) {
        return registry.encoder(upload.encoder()).filter(manifest -> upload.files().stream()
                .anyMatch(part -> part.name().equals(EncoderFolder.WEIGHTS) && part.sha256().equals(manifest.digest()))
                && manifest.erasures().equals(upload.erasures()));
    }

    private void requireAnnounced(EncoderUpload upload, EncoderUpload.Part part) {
        Path file = path(upload, part);
        io(() -> {
            String actual = Sha256.of(file);
            if (!actual.equals(part.sha256())) {
                Files.deleteIfExists(file);
                throw new RegistryException(part.name() + " has SHA-256 " + actual + " and not the announced " + part.sha256()
                        + "; it was emptied, send it again");
            }
            return null;
        });
    }

    /** Gives up an upload; does nothing if there is none. */
    public void remove(String id) {
        io(() -> {
            remove(root, id);
            return null;
        });
    }

    /** @param root the directory of all uploads */
    static void remove(Path root, String id) throws IOException {
        DurableFiles.deleteTree(DurableFiles.bury(root.resolve(id)));
    }

    private static List<String> ids(Path root) throws IOException {
        if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(RegistryNames::isId).sorted().toList();
        }
    }

    /** Uploads to which nothing was added for a time. @param root the directory of all uploads */
    static List<String> abandoned(Path root, Duration age) throws IOException {
        Instant limit = Instant.now().minus(age);
        List<String> abandoned = new ArrayList<>();
        for (String id : ids(root)) {
            try (Stream<Path> files = Files.walk(root.resolve(id))) {
                boolean alive = false;
                for (Path file : files.toList()) {
                    alive |= !DurableFiles.isOlder(file, limit);
                }
                if (!alive) {
                    abandoned.add(id);
                }
            } catch (UncheckedIOException e) {
                // it is being removed
            }
        }
        return abandoned;
    }

    private static <T> T io(RegistryLock.Work<T> work) {
        try {
            return work.run();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static RegistryException failure(IOException e) {
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        return new RegistryException("the upload could not be stored (" + e.getClass().getSimpleName() + (reason == null ? "" : ": " + reason) + ")", e);
    }
}
