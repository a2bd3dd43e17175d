package io.advunlearn.quarkus.serving;

import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.quarkus.EncoderSwapped;
import io.advunlearn.quarkus.ErasureFinished;
import io.advunlearn.quarkus.PipelineReady;
import io.advunlearn.service.jobs.ErasureJobs;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.ServingEvents;
import jakarta.enterprise.event.Event;
import jakarta.inject.Singleton;

/** Fires what happens as asynchronous CDI events. */
@Singleton
class CdiEvents implements ServingEvents {

    private final Event<PipelineReady> ready;
    private final Event<EncoderSwapped> swapped;
    private final Event<ErasureFinished> erased;

    CdiEvents(Event<PipelineReady> ready, Event<EncoderSwapped> swapped, Event<ErasureFinished> erased) {
        this.ready = ready;
        this.swapped = swapped;
        this.erased = erased;
    }

    @Override
    public void pipelineReady(ServedPipeline pipeline) {
        ready.fireAsync(new PipelineReady(pipeline.name(), pipeline.encoderVersion().orElseThrow()));
    }

    @Override
    public void encoderSwapped(String pipeline, String kind, SwapResult swap) {
        swapped.fireAsync(new EncoderSwapped(pipeline, kind, swap.encoder(), swap.digest(), swap.generation(), swap.previous()));
    }

    @Override
    public void jobFinished(String kind, String job, String pipeline, String state) {
        if (kind.equals(ErasureJobs.KIND)) {
            erased.fireAsync(new ErasureFinished(job, pipeline, state));
        }
    }
}
