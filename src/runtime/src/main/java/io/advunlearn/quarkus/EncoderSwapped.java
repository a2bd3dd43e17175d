package io.advunlearn.quarkus;

/**
 * Fired asynchronously ({@code @ObservesAsync}) after a pipeline's text encoder was replaced, by whomever.
 *
 * @param pipeline its name
 * @param kind {@code promote}, {@code rollback}, {@code initial} (by the configuration) or {@code reconcile} (another replica had promoted it)
 * @param encoder id of the encoder that is active now, {@code base} for the model's own
 * @param digest SHA-256 of its weights file, hex
 * @param generation the pipeline's generation now
 * @param previous id of the encoder before
 */
public record EncoderSwapped(String pipeline, String kind, String encoder, String digest, long generation, String previous) {
}
