package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Puts an encoder folder into a local pipeline, with the same checks as in a server: through a registry, here a temporary one. */
final class LocalEncoder {

    private static final String ID = "local";

    private LocalEncoder() {
    }

    static void activate(TextToImagePipeline pipeline, Path folder) {
        try {
            Path root = Files.createTempDirectory("advunlearn-registry");
            try {
                EncoderRegistry registry = new FileEncoderRegistry(root, "cli");
                registry.register(folder, new EncoderRegistry.Registration(ID, null, null, List.of(), "imported", "cli", null, new float[0]));
                new PipelineReconciler(ID, registry, pipeline.slot()).promote(ID, "cli");
            } finally {
                delete(root);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
