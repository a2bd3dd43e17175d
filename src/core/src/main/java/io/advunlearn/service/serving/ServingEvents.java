package io.advunlearn.service.serving;

import io.advunlearn.pipeline.SwapResult;

/** What a host may tell others. Called on serving, reconciling and job threads: must be quick and must not throw. */
public interface ServingEvents {

    /** Tells nobody. */
    ServingEvents NONE = new ServingEvents() {
    };

    /** The pipeline is loaded and serves the encoder that the registry wants: at first, and again whenever it had not meanwhile. */
    default void pipelineReady(ServedPipeline pipeline) {
    }

    /** @param kind as {@link ServingMetrics#swap} has it */
    default void encoderSwapped(String pipeline, String kind, SwapResult swap) {
    }

    /**
     * A job is over.
     *
     * @param kind {@code erasure} or {@code evaluation}
     * @param job its id
     * @param state {@code succeeded}, {@code failed} or {@code cancelled}
     */
    default void jobFinished(String kind, String job, String pipeline, String state) {
    }
}
