package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds what nobody needs: encoders without references, half uploads, tombstones of deletions and temporary files of crashed writers. */
final class GarbageCollector {

    private final Path root;
    private final EncoderStore encoders;
    private final EncoderReferences references;
    private final StateStore states;

    GarbageCollector(Path root, EncoderStore encoders, StateStore states, EncoderReferences references) {
        this.root = root;
        this.encoders = encoders;
        this.states = states;
        this.references = references;
    }

    /** Encoders in an order in which each can be deleted: what was trained from one before it. */
    List<Garbage> encoders(Duration age) throws IOException {
        List<EncoderManifest> all = encoders.list();
        Map<String, EncoderManifest> byId = new HashMap<>();
        all.forEach(manifest -> byId.put(manifest.id(), manifest));
        Set<String> needed = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(references.all().stream().filter(reference -> !byId.containsKey(reference.child()))
                .map(EncoderReferences.Reference::encoder).toList());
        Instant limit = Instant.now().minus(age);
        all.stream().filter(manifest -> !manifest.createdAt().isBefore(limit)).map(EncoderManifest::id).forEach(open::add);
        while (!open.isEmpty()) {
            EncoderManifest manifest = byId.get(open.pop());
            if (manifest != null && needed.add(manifest.id()) && manifest.parent() != null) {
                open.add(manifest.parent());
            }
        }
        List<Garbage> garbage = new ArrayList<>();
        for (EncoderManifest manifest : all.stream().filter(each -> !needed.contains(each.id()))
                .sorted(Comparator.comparing((EncoderManifest each) -> depth(each, byId)).reversed()).toList()) {
            garbage.add(new Garbage("encoder", manifest.id(), "nobody refers to it and it was registered " + manifest.createdAt(),
                    DurableFiles.size(root.resolve("encoders").resolve(manifest.id()))));
        }
        return garbage;
    }

    private static int depth(EncoderManifest manifest, Map<String, EncoderManifest> byId) {
        int depth = 0;
        for (EncoderManifest at = manifest; at != null && depth <= byId.size(); at = at.parent() == null ? null : byId.get(at.parent())) {
            depth++;
        }
        return depth;
    }

    /** A tombstone is garbage at any age. */
    List<Garbage> leftovers(Duration age) throws IOException {
        List<Garbage> garbage = new ArrayList<>();
        addLeftovers(garbage, root.resolve("encoders"), age);
        addLeftovers(garbage, root.resolve(EncoderUploads.DIRECTORY), age);
        for (Path folder : states.folders()) {
            addLeftovers(garbage, folder, age);
        }
        return garbage;
    }

    private void addLeftovers(List<Garbage> garbage, Path directory, Duration age) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, DurableFiles::isLeftover)) {
            for (Path entry : entries) {
                boolean deleted = DurableFiles.isTombstone(entry);
                if (deleted || DurableFiles.isOlder(entry, Instant.now().minus(age))) {
                    garbage.add(new Garbage("leftover", root.relativize(entry).toString(), deleted ? "a deletion that was not finished" : "a crashed writer's",
                            DurableFiles.size(entry)));
                }
            }
        }
    }
}
