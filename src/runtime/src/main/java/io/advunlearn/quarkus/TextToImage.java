package io.advunlearn.quarkus;

import io.smallrye.mutiny.Uni;
import java.util.concurrent.CompletionStage;

/**
 * Draws with a pipeline of this application, under the same limits, in the same queue and by the same encoder as its HTTP API:
 * {@code @Inject TextToImage} where one pipeline is configured, {@code @Inject @Pipeline("name") TextToImage} where there are several.
 */
public interface TextToImage {

    /** Name of the pipeline. */
    String pipeline();

    /**
     * A request with the pipeline's defaults.
     *
     * @param prompt what to draw, at most {@code quarkus.advunlearn.limits.prompt-characters}
     */
    Request prompt(String prompt);

    /**
     * A request; each setting changes it and gives it back. It is checked when it is sent. Whatever way it is sent, it fails with
     *
     * <ul>
     * <li>{@link IllegalArgumentException} naming the field and what is accepted,
     * <li>{@link io.advunlearn.service.serving.PipelineNotReadyException} while the pipeline is loading, or if it could not be loaded,
     * <li>{@link io.advunlearn.service.serving.BusyException} if the queue is full, or the request waited too long in it,
     * <li>{@link io.advunlearn.pipeline.EncoderUnavailableException} if the pipeline enforces its floor and no encoder meets it,
     * <li>{@link java.util.concurrent.CancellationException} if it was cancelled.
     * </ul>
     */
    interface Request {

        /** Text to steer away from. */
        Request negativePrompt(String negativePrompt);

        /** Pixels; by default the size that the model was trained for. */
        Request size(int width, int height);

        /** Seed of the first image, at least 0; image i has seed + i. By default a random one. */
        Request seed(long seed);

        /** Denoising steps, 1 to {@code quarkus.advunlearn.limits.steps}. */
        Request numInferenceSteps(int steps);

        /** Classifier-free guidance, 1 (off) to 20. */
        Request guidanceScale(double guidanceScale);

        /** A scheduler of diffusers instead of the model's own, such as {@code EulerDiscrete}. */
        Request scheduler(String scheduler);

        /** Images, 1 to {@code quarkus.advunlearn.limits.images}. By default 1. */
        Request n(int images);

        /**
         * Draws, and waits for it; an interruption cancels the request.
         *
         * @throws IllegalStateException on an event loop, which must not wait
         */
        GeneratedImages generate();

        /** Draws in the background. Cancelling the stage's future cancels the request. */
        CompletionStage<GeneratedImages> generateAsync();

        /** Draws at each subscription. Cancelling the subscription cancels the request. */
        Uni<GeneratedImages> generateUni();
    }
}
