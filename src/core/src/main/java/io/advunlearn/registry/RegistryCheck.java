package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Looks at everything in a registry: digests, manifests, labels, parents, states, the audit log, and what crashes left. */
final class RegistryCheck {

    private final Path root;
    private final EncoderStore encoders;
    private final StateStore states;
    private final List<RegistryFinding> findings = new ArrayList<>();

    RegistryCheck(Path root, EncoderStore encoders, StateStore states) {
        this.root = root;
        this.encoders = encoders;
        this.states = states;
    }

    List<RegistryFinding> run() throws IOException {
        for (Path each : sorted(root.resolve("encoders"))) {
            encoder(each);
        }
        for (String pipeline : states.pipelines()) {
            looked("pipeline " + pipeline, () -> pipeline(pipeline));
        }
        for (Path folder : states.folders()) {
            leftovers(folder);
        }
        findings.addAll(states.check());
        for (Path upload : sorted(root.resolve(EncoderUploads.DIRECTORY))) {
            findings.add(new RegistryFinding(true, "upload " + upload.getFileName(), "not complete; gc removes it once nobody goes on with it"));
        }
        return List.copyOf(findings);
    }

    private interface Look {
        String at() throws IOException;
    }

    private void looked(String what, Look look) throws IOException {
        try {
            findings.add(new RegistryFinding(true, what, look.at()));
        } catch (RegistryException e) {
            findings.add(new RegistryFinding(false, what, e.getMessage()));
        }
    }

    private static List<Path> sorted(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }

    private void encoder(Path directory) throws IOException {
        String name = directory.getFileName().toString();
        if (DurableFiles.isLeftover(directory)) {
            leftover(directory);
        } else if (!RegistryNames.isId(name)) {
            findings.add(new RegistryFinding(false, "encoders/" + name,
                    "is no encoder's name: only directories that match [a-z0-9][a-z0-9._-]{0,63} belong there"));
        } else {
            looked("encoder " + name, () -> {
                EncoderManifest manifest = encoders.verify(name);
                encoders.labels(name);
                encoders.requireParent(manifest);
                return manifest.tensors().size() + " tensors, " + manifest.digest();
            });
        }
    }

    private String pipeline(String name) throws IOException {
        List<PipelineState> all = states.states(name);
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).generation() != i + 1) {
                throw new RegistryException("generation " + (i + 1) + " is missing");
            }
        }
        if (all.isEmpty()) {
            return "no state yet";
        }
        PipelineState newest = all.get(all.size() - 1);
        for (EncoderPair pair : List.of(newest.encoders(), newest.previousEncoders())) {
            encoders.require(pair.encoder(), EncoderKind.CLIP_TEXT_MODEL, "encoder");
            if (pair.textEncoder2() != null) {
                encoders.require(pair.textEncoder2(), EncoderKind.CLIP_TEXT_MODEL_WITH_PROJECTION, PipelineState.TEXT_ENCODER_2);
            }
        }
        return "generation " + newest.generation() + " wants " + newest.encoders();
    }

    private void leftovers(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, DurableFiles::isLeftover)) {
            for (Path entry : entries) {
                leftover(entry);
            }
        }
    }

    private void leftover(Path path) {
        findings.add(new RegistryFinding(true, "leftover " + root.relativize(path), "of a crash or of somebody at work; gc removes it once it is old"));
    }
}
