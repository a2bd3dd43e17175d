package io.advunlearn.quarkus.serving;

/** A CDI event: the pipeline can be used from now on. */
public record PipelineLoaded(ServedPipeline pipeline) {
}
