package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Puts an encoder folder into a local pipeline, with the same checks as in a server: through a registry, here a temporary one. */
final class LocalEncoder {

    private static final String ID = "local";

    private LocalEncoder() {
    }

    static void activate(TextToImagePipeline pipeline, Path folder) {
        try (TemporaryDirectory root = new TemporaryDirectory("advunlearn-registry")) {
            EncoderRegistry registry = new FileEncoderRegistry(root.path(), "cli");
            registry.register(folder, new EncoderRegistry.Registration(ID, null, null, List.of(), "imported", "cli", null, new float[0]));
            new PipelineReconciler(ID, registry, pipeline.slot()).promote(ID, "cli");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
