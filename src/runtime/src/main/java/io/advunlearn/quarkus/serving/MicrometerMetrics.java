package io.advunlearn.quarkus.serving;

import io.advunlearn.pipeline.TextToImagePipeline.Sharing;
import io.advunlearn.service.serving.ServingMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The service's metrics in Micrometer. */
final class MicrometerMetrics implements ServingMetrics {

    private final MeterRegistry meters;

    MicrometerMetrics(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public void queue(String pipeline, IntSupplier depth) {
        // Strongly referenced: nobody else keeps the supplier.
        Gauge.builder("advunlearn.queue.depth", depth::getAsInt).strongReference(true).tag("pipeline", pipeline)
                .description("Requests that wait for the device").register(meters);
    }

    @Override
    public void sharing(String pipeline, Supplier<Sharing> sharing) {
        counter("advunlearn.denoising.steps", "Denoising steps of all requests", pipeline, sharing, Sharing::steps);
        counter("advunlearn.unet.calls", "Calls of the UNet in which these steps were made", pipeline, sharing, Sharing::unetCalls);
        counter("advunlearn.embeddings.cached", "Prompts whose embeddings were known", pipeline, sharing, Sharing::cachedEmbeddings);
        counter("advunlearn.embeddings.read", "Prompts that were encoded", pipeline, sharing, Sharing::readEmbeddings);
        Gauge.builder("advunlearn.embeddings.size", () -> sharing.get().cachedBytes()).strongReference(true).tag("pipeline", pipeline)
                .description("Device memory of known embeddings").baseUnit("bytes").register(meters);
    }

    private void counter(String name, String description, String pipeline, Supplier<Sharing> sharing, ToLongFunction<Sharing> of) {
        FunctionCounter.builder(name, sharing, now -> of.applyAsLong(now.get())).tag("pipeline", pipeline).description(description).register(meters);
    }

    @Override
    public void images(String pipeline, String encoder, int count) {
        Counter.builder("advunlearn.images").description("Images made").tag("pipeline", pipeline).tag("encoder", encoder).register(meters)
                .increment(count);
    }

    @Override
    public void filtered(String pipeline, String outcome, int count) {
        Counter.builder("advunlearn.filtered.images").description("Images that the output filter looked at").tag("pipeline", pipeline).tag("outcome", outcome)
                .register(meters).increment(count);
    }

    @Override
    public void generation(String pipeline, String outcome, Duration time) {
        Timer.builder("advunlearn.generation").description("Time from leaving the queue to the last image").tag("pipeline", pipeline)
                .tag("outcome", outcome).register(meters).record(time);
    }

    @Override
    public void swap(String pipeline, String kind, String outcome, Duration time) {
        Timer.builder("advunlearn.swaps").description("Encoder swaps: loading, verification and flip").tag("pipeline", pipeline)
                .tag("kind", kind).tag("outcome", outcome).register(meters).record(time);
    }
}
