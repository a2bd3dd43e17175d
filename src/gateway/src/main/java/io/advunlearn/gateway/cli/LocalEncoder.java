package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Puts encoder folders into a local pipeline, with the same checks as in a server: through a registry, here a temporary one. */
final class LocalEncoder {

    private static final String ID = "local";
    private static final String SECOND_ID = "local-2";

    private LocalEncoder() {
    }

    /** @param encoder {@code null} for the model's own; @param textEncoder2 the same */
    static void activate(TextToImagePipeline pipeline, Path encoder, Path textEncoder2) {
        try (TemporaryDirectory root = new TemporaryDirectory("advunlearn-registry")) {
            EncoderRegistry registry = new FileEncoderRegistry(root.path(), "cli");
            EncoderPair encoders = new EncoderPair(registered(registry, ID, encoder), registered(registry, SECOND_ID, textEncoder2));
            new PipelineReconciler(ID, registry, pipeline).promote(encoders, "cli", false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String registered(EncoderRegistry registry, String id, Path folder) {
        if (folder == null) {
            return null;
        }
        return registry.register(folder, new EncoderRegistry.Registration(id, null, null, List.of(), "imported", "cli", null, new float[0])).id();
    }
}
