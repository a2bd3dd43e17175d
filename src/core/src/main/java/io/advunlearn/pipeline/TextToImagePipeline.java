package io.advunlearn.pipeline;

import ai.djl.Device;
import java.nio.file.Path;

/** A loaded diffusers pipeline with a hot-swappable text encoder. Thread-safe. */
public final class TextToImagePipeline implements AutoCloseable {

    public static TextToImagePipeline load(String name, Path modelDirectory, Device device) { throw new IllegalStateException("being written"); }

    public String name() { throw new IllegalStateException("being written"); }

    public PipelineComponents components() { throw new IllegalStateException("being written"); }

    public EncoderSlot slot() { throw new IllegalStateException("being written"); }

    /** Holds one encoder snapshot from the first to the last step. @throws java.util.concurrent.CancellationException between steps after a cancel */
    public GenerationResult generate(GenerationRequest request, StepListener listener, CancellationToken cancellation) { throw new IllegalStateException("being written"); }

    @Override
    public void close() { }
}
