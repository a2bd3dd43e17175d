package io.advunlearn.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Copies a registered encoder out of the registry, as a folder that transformers' {@code from_pretrained} and this registry read. */
public final class EncoderExport {

    private static final List<String> FILES = List.of(EncoderFolder.CONFIG, EncoderFolder.WEIGHTS, EncoderStore.MANIFEST, EncoderStore.SUMS);

    private EncoderExport() {
    }

    /**
     * Verifies the encoder, copies it beside the target and moves it into place.
     *
     * @param target a folder that does not exist or is empty
     * @throws RegistryException if the encoder is not registered or was changed, or the target is in the way
     */
    public static EncoderManifest to(EncoderRegistry registry, String id, Path target) {
        EncoderManifest manifest = registry.verify(id);
        try {
            Path absolute = target.toAbsolutePath().normalize();
            requireFree(absolute);
            Files.createDirectories(absolute.getParent());
            Path temporary = Files.createDirectory(DurableFiles.temporary(absolute.getParent()));
            try {
                for (String name : FILES) {
                    DurableFiles.copy(registry.directory(id).resolve(name), temporary.resolve(name));
                }
                Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                DurableFiles.deleteTree(temporary);
            }
            return manifest;
        } catch (IOException e) {
            throw new UncheckedIOException("encoder '" + id + "' could not be copied to " + target + " (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private static void requireFree(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> content = Files.list(target)) {
                if (content.findAny().isEmpty()) {
                    return;
                }
            }
        }
        throw new RegistryException(target + " exists already, name a folder that does not exist or is empty");
    }
}
