package io.advunlearn.quarkus;

/**
 * Fired asynchronously ({@code @ObservesAsync}) when a pipeline is loaded and serves the encoder that the registry wants, and again whenever it
 * had not done so for a while.
 *
 * @param pipeline its name
 * @param encoderVersion the encoder, {@code <id>@<digest>}; two, in SDXL, are separated by {@code ", "}
 */
public record PipelineReady(String pipeline, String encoderVersion) {
}
