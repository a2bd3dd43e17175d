package io.advunlearn.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.SwapException;
import io.advunlearn.registry.EncoderManifest.TensorInfo;
import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code encoders/<id>/}. Beside the manifest lies {@code SHA256SUMS} over {@code config.json}, {@code manifest.json} and
 * {@code model.safetensors}, so that {@code sha256sum -c SHA256SUMS} checks a folder without this program.
 */
final class EncoderStore {

    private static final Logger LOG = LoggerFactory.getLogger(EncoderStore.class);
    static final String MANIFEST = "manifest.json";
    static final String SUMS = "SHA256SUMS";

    private final Path root;
    private final Duration leftoverAge;
    private final RegistryLock lock;

    /** @param lock held while an encoder comes, goes or is labelled */
    EncoderStore(Path root, Duration leftoverAge, RegistryLock lock) {
        this.root = root;
        this.lock = lock;
        this.leftoverAge = leftoverAge;
    }

    EncoderManifest register(Path folder, Registration registration, ReferenceRun reference) throws IOException {
        String id = RegistryNames.requireId("id", registration.id());
        Optional<EncoderManifest> parent = checkRegistration(registration);
        requireAbsent(id);
        DurableFiles.deleteLeftovers(root, leftoverAge);
        Path temporary = Files.createDirectory(DurableFiles.temporary(root));
        try {
            // The copy is what is checked, so that a folder changing meanwhile cannot slip anything in.
            EncoderFolder.copy(folder, temporary);
            EncoderManifest manifest = describe(temporary, registration, parent, reference);
            ManifestRules.check(manifest, id);
            DurableFiles.create(temporary.resolve(MANIFEST), RegistryJson.pretty(manifest));
            DurableFiles.create(temporary.resolve(SUMS), sums(temporary, manifest.digest()));
            DurableFiles.sync(temporary);
            lock.hold(() -> {
                // a deletion may have come first
                requireParent(manifest);
                publish(temporary, id);
                return null;
            });
            return manifest;
        } finally {
            DurableFiles.deleteTree(temporary);
        }
    }

    /** @return the registered parent, empty for the base encoder */
    private Optional<EncoderManifest> checkRegistration(Registration registration) {
        if (ComponentSnapshot.BASE_ID.equals(registration.id())) {
            throw new RegistryException("id 'base' is the encoder that came with the model, choose another");
        }
        String parent = registration.parent();
        if (parent == null || ComponentSnapshot.BASE_ID.equals(parent)) {
            return Optional.empty();
        }
        EncoderManifest ancestor = find(RegistryNames.requireId("parent", parent))
                .orElseThrow(() -> new RegistryException("parent '" + parent + "' is not a registered encoder"));
        List<String> lost = ErasureFloor.of(ancestor.erasures()).missing(registration.erasures());
        if (!lost.isEmpty()) {
            throw new RegistryException("erasures must hold those of parent '" + parent + "', missing: " + String.join(", ", lost));
        }
        return Optional.of(ancestor);
    }

    private static List<LineageEntry> lineage(Registration registration, Optional<EncoderManifest> parent) {
        List<LineageEntry> before = parent.map(EncoderManifest::history).orElse(List.of());
        if (registration.lineage() == null) {
            List<LineageEntry> all = new ArrayList<>(before);
            ErasureFloor known = ErasureFloor.of(before.stream().map(LineageEntry::concept).toList());
            registration.erasures().stream().filter(concept -> !known.required().contains(ErasureFloor.normalise(concept)))
                    .forEach(concept -> all.add(new LineageEntry(concept, null, registration.method(), null, null)));
            return all;
        }
        if (registration.lineage().size() < before.size() || !registration.lineage().subList(0, before.size()).equals(before)) {
            throw new RegistryException("lineage must begin with that of parent '" + registration.parent() + "'");
        }
        return List.copyOf(registration.lineage());
    }

    private void requireAbsent(String id) {
        if (Files.exists(root.resolve(id), LinkOption.NOFOLLOW_LINKS)) {
            throw ManifestRules.taken(id);
        }
    }

    private static EncoderManifest describe(Path directory, Registration registration, Optional<EncoderManifest> parent, ReferenceRun run)
            throws IOException {
        Path weights = directory.resolve(EncoderFolder.WEIGHTS);
        try (Safetensors file = Safetensors.open(weights)) {
            EncoderKind kind = EncoderKind.read(directory.resolve(EncoderFolder.CONFIG), file);
            kind.check(file, directory.resolve(EncoderFolder.CONFIG));
            parent.ifPresent(ancestor -> ancestor.require(kind, "the parent of a " + kind.architecture()));
            Map<String, TensorInfo> tensors = new LinkedHashMap<>();
            file.tensors().forEach((name, info) -> tensors.put(name,
                    new TensorInfo(info.dtype(), LongStream.of(info.shape()).boxed().toList(), file.sha256(name))));
            ReferenceRun.Output reference = reference(registration, directory, kind, run);
            String parentDigest = parent.map(EncoderManifest::digest)
                    .orElse(ComponentSnapshot.BASE_ID.equals(registration.parent()) ? registration.baseDigest() : null);
            return new EncoderManifest(registration.id(), kind, Sha256.of(weights), registration.baseDigest(), registration.parent(), parentDigest,
                    List.copyOf(registration.erasures()), lineage(registration, parent), registration.method(),
                    Instant.now().truncatedTo(ChronoUnit.MILLIS), tensors, reference.prompt(), reference.values());
        } catch (IllegalArgumentException | SafetensorsException | SwapException e) {
            throw refused(registration.id(), directory, e);
        }
    }

    /** Its own, or else what the network gives now. */
    private static ReferenceRun.Output reference(Registration registration, Path directory, EncoderKind kind, ReferenceRun run) {
        float[] own = registration.referenceOutput();
        ReferenceRun.Output given = new ReferenceRun.Output(registration.referencePrompt(), own == null ? new float[0] : own);
        return given.values().length > 0 ? given : run.of(directory, kind).orElse(given);
    }

    private static byte[] sums(Path directory, String weightsDigest) throws IOException {
        StringBuilder sums = new StringBuilder();
        for (String name : List.of(EncoderFolder.CONFIG, MANIFEST)) {
            sums.append(Sha256.of(directory.resolve(name))).append("  ").append(name).append('\n');
        }
        return sums.append(weightsDigest).append("  ").append(EncoderFolder.WEIGHTS).append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    }

    private void publish(Path temporary, String id) throws IOException {
        try {
            Files.move(temporary, root.resolve(id), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            requireAbsent(id);
            throw e;
        }
        DurableFiles.sync(root);
    }

    List<EncoderManifest> list() throws IOException {
        List<EncoderManifest> manifests = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(root, path -> RegistryNames.isId(path.getFileName().toString()))) {
            for (Path directory : directories) {
                try {
                    find(directory.getFileName().toString()).ifPresent(manifests::add);
                } catch (RegistryException e) {
                    LOG.warn("Left out of the list of encoders: {}", e.getMessage());
                }
            }
        }
        manifests.sort(Comparator.comparing(EncoderManifest::createdAt).thenComparing(EncoderManifest::id));
        return manifests;
    }

    /** Ids of everything that lies where encoders do, sorted, whether it can be trusted or not. */
    List<String> ids() throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(RegistryNames::isId).sorted().toList();
        }
    }

    /** What a manifest says without being checked, so that also a damaged encoder's parent is known; {@code null} if it says nothing. */
    String claimedParent(String id) {
        try {
            return RegistryJson.read(readOwnFile(id, root.resolve(id), MANIFEST), JsonNode.class, MANIFEST).path("parent").asText(null);
        } catch (RegistryException e) {
            return null;
        }
    }

    /** @throws RegistryException if the encoder that it was trained from is not there */
    void requireParent(EncoderManifest manifest) {
        String parent = manifest.parent();
        if (parent != null && !ComponentSnapshot.BASE_ID.equals(parent) && find(parent).isEmpty()) {
            throw new RegistryException("parent '" + parent + "' is not a registered encoder");
        }
    }

    boolean exists(String id) {
        return Files.exists(root.resolve(RegistryNames.requireId("id", id)), LinkOption.NOFOLLOW_LINKS);
    }

    /** Takes an encoder away from all readers at once. @return what is to be deleted */
    Path bury(String id) throws IOException {
        return DurableFiles.bury(root.resolve(id));
    }

    /** @throws RegistryException if the labels cannot be trusted */
    Map<String, String> labels(String id) throws IOException {
        return EncoderLabels.read(id, root.resolve(RegistryNames.requireId("id", id)));
    }

    Map<String, String> label(String id, Map<String, String> changes) throws IOException {
        return lock.hold(() -> EncoderLabels.change(id, directory(id), changes));
    }

    /** Reads and checks a manifest; the weights are not read. */
    Optional<EncoderManifest> find(String id) {
        Path directory = root.resolve(RegistryNames.requireId("id", id));
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException("encoder '" + id + "' is a link or a file, a directory of the registry is expected");
        }
        Map<String, String> sums = readSums(id, directory);
        checkSum(id, directory, EncoderFolder.CONFIG, sums);
        byte[] json = checkSum(id, directory, MANIFEST, sums);
        EncoderManifest manifest = RegistryJson.read(json, EncoderManifest.class, "manifest.json of encoder '" + id + "'",
                "parentDigest", "lineage", "architecture");
        ManifestRules.check(manifest, id);
        if (!manifest.digest().equals(sums.get(EncoderFolder.WEIGHTS))) {
            throw new RegistryException("encoder '" + id + "': manifest.json and SHA256SUMS disagree on model.safetensors");
        }
        return Optional.of(manifest);
    }

    /** @throws RegistryException if it is not registered, or of another kind */
    void require(String id, EncoderKind kind, String field) {
        if (!ComponentSnapshot.BASE_ID.equals(id)) {
            find(id).orElseThrow(() -> unknown(id)).require(kind, field);
        }
    }

    Path directory(String id) {
        find(id).orElseThrow(() -> unknown(id));
        return root.resolve(id);
    }

    static RegistryException unknown(String id) {
        return new RegistryException("no encoder '" + id + "' is registered");
    }

    EncoderManifest verify(String id) throws IOException {
        EncoderManifest manifest = find(id).orElseThrow(() -> unknown(id));
        Path weights = requireOwnFile(id, root.resolve(id), EncoderFolder.WEIGHTS);
        try (Safetensors file = Safetensors.open(weights)) {
            manifest.architecture().check(file, root.resolve(id).resolve(EncoderFolder.CONFIG));
            if (!file.tensors().keySet().equals(manifest.tensors().keySet())) {
                throw new IllegalArgumentException("model.safetensors and manifest.json name different tensors");
            }
            manifest.tensors().forEach((name, info) -> {
                if (!file.sha256(name).equals(info.sha256())) {
                    throw new IllegalArgumentException("tensor " + name + " does not have the SHA-256 that manifest.json says");
                }
            });
            if (!Sha256.of(weights).equals(manifest.digest())) {
                throw new IllegalArgumentException("model.safetensors does not have the SHA-256 that manifest.json says");
            }
        } catch (IllegalArgumentException | SafetensorsException e) {
            throw refused(id, root.resolve(id), e);
        }
        return manifest;
    }

    /** File names are told, the server's paths are not. */
    private static RegistryException refused(String id, Path directory, RuntimeException e) {
        return new RegistryException("encoder '" + id + "' was refused: " + e.getMessage().replace(directory + "/", ""), e);
    }

    private static Map<String, String> readSums(String id, Path directory) {
        Map<String, String> sums = new LinkedHashMap<>();
        for (String line : new String(readOwnFile(id, directory, SUMS), StandardCharsets.US_ASCII).split("\n")) {
            if (!line.matches("[0-9a-f]{64}  [A-Za-z0-9._-]+")) {
                throw new RegistryException("SHA256SUMS of encoder '" + id + "' holds a line that is not '<digest>  <file>'");
            }
            sums.put(line.substring(66), line.substring(0, 64));
        }
        return sums;
    }

    private static byte[] checkSum(String id, Path directory, String name, Map<String, String> sums) {
        byte[] content = readOwnFile(id, directory, name);
        if (!Sha256.of(content).equals(sums.get(name))) {
            throw new RegistryException(name + " of encoder '" + id + "' was changed after registration: it does not have the SHA-256 in SHA256SUMS");
        }
        return content;
    }

    private static byte[] readOwnFile(String id, Path directory, String name) {
        try {
            return Files.readAllBytes(requireOwnFile(id, directory, name));
        } catch (IOException e) {
            throw new RegistryException(name + " of encoder '" + id + "' cannot be read", e);
        }
    }

    private static Path requireOwnFile(String id, Path directory, String name) {
        Path file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException(name + " of encoder '" + id + "' is missing or a link");
        }
        return file;
    }

    void attach(String id, String name, byte[] content) throws IOException {
        Path file = directory(id).resolve(RegistryNames.requireAttachment(name));
        DurableFiles.directory(file.getParent());
        DurableFiles.replace(file, content);
    }

    Optional<byte[]> attachment(String id, String name) throws IOException {
        Path file = directory(id).resolve(RegistryNames.requireAttachment(name));
        boolean readable = Files.isDirectory(file.getParent(), LinkOption.NOFOLLOW_LINKS) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
        return readable ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }
}
