package io.advunlearn.quarkus.serving;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.evaluation.Environment;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.pipeline.TextToImagePipeline.Sharing;
import io.advunlearn.service.serving.ServingMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.quarkus.arc.DefaultBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The service's metrics in Micrometer; a bean in applications that have it. */
@DefaultBean
public class MicrometerMetrics implements ServingMetrics {

    private static final String PIPELINE = "pipeline";
    private static final List<String> STAGES = List.of("queue", "encode", "denoise", "decode");
    private static final List<String> FINAL_STATES = List.of("succeeded", "failed", "cancelled");
    private static final List<String> LOSSES = List.of("erase", "retain", "attack");
    private static final List<String> TEXT_ENCODERS = List.of("text_encoder", "text_encoder_2");
    private static final int DIGEST_CHARACTERS = 12;

    private final MeterRegistry meters;
    private final Map<String, Map<String, Timer>> stages = new ConcurrentHashMap<>();
    private final Map<String, MultiGauge> encoders = new ConcurrentHashMap<>();
    private final Map<String, ErasureFigures> erasures = new ConcurrentHashMap<>();

    MicrometerMetrics(MeterRegistry meters) {
        this.meters = meters;
        gauge("process.resident.memory", "Memory of the process in RAM, outside the Java heap too", () -> number(Environment.resident()), "bytes");
    }

    @Override
    public void queue(String pipeline, IntSupplier depth, IntSupplier active) {
        gauge("advunlearn.queue.depth", "Requests that wait for their turn", depth::getAsInt, null, PIPELINE, pipeline);
        gauge("advunlearn.requests.active", "Requests that are being drawn", active::getAsInt, null, PIPELINE, pipeline);
        refusals(pipeline, "queue_full");
        refusals(pipeline, "queue_timeout");
        Map<String, Timer> timers = new ConcurrentHashMap<>();
        STAGES.forEach(stage -> timers.put(stage, timer("advunlearn.stage", "Time of a request in a stage, waiting for the device included")
                .tags(PIPELINE, pipeline, "stage", stage).register(meters)));
        stages.put(pipeline, timers);
        generations(pipeline, "success");
        swaps(pipeline, "promote", "success");
        erasure(pipeline);
    }

    private Timer.Builder timer(String name, String description) {
        return Timer.builder(name).description(description).publishPercentileHistogram().minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(5));
    }

    /** Strongly referenced: nobody else keeps the supplier. */
    private void gauge(String name, String description, DoubleSupplier value, String unit, String... tags) {
        Gauge.builder(name, value::getAsDouble).strongReference(true).tags(tags).description(description).baseUnit(unit).register(meters);
    }

    private static double number(Long value) {
        return value == null ? Double.NaN : value;
    }

    private void erasure(String pipeline) {
        ErasureFigures figures = erasures.computeIfAbsent(pipeline, name -> new ErasureFigures());
        gauge("advunlearn.erasure.iteration", "Outer iterations that the running or last erasure has done", figures::iteration, null, PIPELINE, pipeline);
        gauge("advunlearn.erasure.iterations", "Outer iterations of that erasure in all", figures::iterations, null, PIPELINE, pipeline);
        LOSSES.forEach(loss -> gauge("advunlearn.erasure.loss", "Its losses at the last iteration that has them", () -> figures.value("loss_" + loss), null,
                PIPELINE, pipeline, "loss", loss));
        List.of("forward", "backward").forEach(direction -> gauge("advunlearn.erasure.unet.evaluations",
                "Latents that it has sent through the UNet, and whose gradient came back", () -> figures.value("unet_" + direction), null,
                PIPELINE, pipeline, "direction", direction));
    }

    @Override
    public void sharing(String pipeline, Supplier<Sharing> sharing) {
        counter("advunlearn.denoising.steps", "Denoising steps of all requests", pipeline, sharing, Sharing::steps);
        counter("advunlearn.unet.calls", "Calls of the UNet in which these steps were made", pipeline, sharing, Sharing::unetCalls);
        counter("advunlearn.embeddings.cached", "Prompts whose embeddings were known", pipeline, sharing, Sharing::cachedEmbeddings);
        counter("advunlearn.embeddings.read", "Prompts that were encoded", pipeline, sharing, Sharing::readEmbeddings);
        gauge("advunlearn.embeddings.size", "Device memory of known embeddings", () -> sharing.get().cachedBytes(), "bytes", PIPELINE, pipeline);
    }

    private void counter(String name, String description, String pipeline, Supplier<Sharing> sharing, ToLongFunction<Sharing> of) {
        FunctionCounter.builder(name, sharing, now -> of.applyAsLong(now.get())).tag(PIPELINE, pipeline).description(description).register(meters);
    }

    @Override
    public void loadedEncoders(String pipeline, IntSupplier count) {
        gauge("advunlearn.encoders.loaded", "Text encoders in device memory", count::getAsInt, null, PIPELINE, pipeline);
    }

    @Override
    public void deviceMemory(String device, Supplier<Long> used) {
        gauge("advunlearn.device.memory.used", "Memory of the GPU in use by all processes; NaN on a CPU", () -> number(used.get()), "bytes", "device", device);
    }

    @Override
    public void encoders(String pipeline, List<EncoderVersion> active) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (int i = 0; i < active.size(); i++) {
            EncoderVersion version = active.get(i);
            String digest = version.digest().substring(0, Math.min(DIGEST_CHARACTERS, version.digest().length()));
            rows.add(MultiGauge.Row.of(Tags.of("component", TEXT_ENCODERS.get(i), "encoder", version.id(), "digest", digest,
                    "generation", Long.toString(version.generation())), 1));
        }
        // Rows of before that are not there any more are taken out.
        encoders.computeIfAbsent(pipeline, name -> MultiGauge.builder("advunlearn.encoder.info").description("The active text encoder; always 1")
                .tag(PIPELINE, name).register(meters)).register(rows, true);
    }

    @Override
    public void refused(String pipeline, String reason) {
        refusals(pipeline, reason).increment();
    }

    private Counter refusals(String pipeline, String reason) {
        return Counter.builder("advunlearn.requests.refused").description("Requests answered 429").tags(PIPELINE, pipeline, "reason", reason).register(meters);
    }

    @Override
    public void stage(String pipeline, String stage, long nanos) {
        stages.get(pipeline).get(stage).record(Duration.ofNanos(nanos));
    }

    @Override
    public void images(String pipeline, String encoder, int count) {
        Counter.builder("advunlearn.images").description("Images made").tag(PIPELINE, pipeline).tag("encoder", encoder).register(meters)
                .increment(count);
    }

    @Override
    public void filtered(String pipeline, String outcome, int count) {
        Counter.builder("advunlearn.filtered.images").description("Images that the output filter looked at").tag("pipeline", pipeline).tag("outcome", outcome)
                .register(meters).increment(count);
    }

    @Override
    public void generation(String pipeline, String outcome, Duration time) {
        generations(pipeline, outcome).record(time);
    }

    private Timer generations(String pipeline, String outcome) {
        return timer("advunlearn.generation", "Time from leaving the queue to the last image").tags(PIPELINE, pipeline, "outcome", outcome).register(meters);
    }

    @Override
    public void swap(String pipeline, String kind, String outcome, Duration time) {
        swaps(pipeline, kind, outcome).record(time);
    }

    private Timer swaps(String pipeline, String kind, String outcome) {
        return Timer.builder("advunlearn.swaps").description("Encoder swaps: loading, verification and flip")
                .tags(PIPELINE, pipeline, "kind", kind, "outcome", outcome).register(meters);
    }

    @Override
    public void erasure(String pipeline, ErasureEvent event) {
        erasures.computeIfAbsent(pipeline, name -> new ErasureFigures()).accept(event);
    }

    @Override
    public void jobs(String kind, IntSupplier queued, IntSupplier running) {
        gauge("advunlearn.jobs", "Jobs of this process that wait or run", queued::getAsInt, null, "kind", kind, "state", "queued");
        gauge("advunlearn.jobs", "Jobs of this process that wait or run", running::getAsInt, null, "kind", kind, "state", "running");
        FINAL_STATES.forEach(state -> finished(kind, state));
    }

    @Override
    public void jobFinished(String kind, String state) {
        finished(kind, state).increment();
    }

    private Counter finished(String kind, String state) {
        return Counter.builder("advunlearn.jobs.finished").description("Jobs that this process ended").tags("kind", kind, "state", state).register(meters);
    }
}
