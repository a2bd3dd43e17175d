package io.advunlearn.quarkus.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.pipeline.EncoderVersion;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MicrometerMetricsTest {

    private static final String DIGEST = "0123456789abcdef".repeat(4);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MicrometerMetrics metrics = new MicrometerMetrics(meters);

    @BeforeEach
    void serve() {
        metrics.queue("sd", () -> 3, () -> 2);
    }

    private double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    @Test
    void theActiveEncoderIsOneSeriesAndThoseBeforeAreGone() {
        metrics.encoders("sd", List.of(new EncoderVersion("base", DIGEST, 0)));
        metrics.encoders("other", List.of(new EncoderVersion("base", DIGEST, 0)));
        metrics.encoders("sd", List.of(new EncoderVersion("church", DIGEST, 1), new EncoderVersion("church-2", DIGEST, 1)));
        assertThat(gauge("advunlearn.encoder.info", "pipeline", "sd", "component", "text_encoder", "encoder", "church", "digest", "0123456789ab",
                "generation", "1")).isEqualTo(1);
        assertThat(meters.find("advunlearn.encoder.info").tag("pipeline", "sd").gauges()).extracting(found -> found.getId().getTag("encoder"))
                .containsExactlyInAnyOrder("church", "church-2");
        assertThat(meters.find("advunlearn.encoder.info").tag("pipeline", "other").gauges()).hasSize(1);
    }

    @Test
    void everySeriesOfAPipelineIsThereBeforeItHasAnyRequest() {
        assertThat(gauge("advunlearn.queue.depth", "pipeline", "sd")).isEqualTo(3);
        assertThat(gauge("advunlearn.requests.active", "pipeline", "sd")).isEqualTo(2);
        for (String stage : List.of("queue", "encode", "denoise", "decode")) {
            assertThat(meters.get("advunlearn.stage").tags("pipeline", "sd", "stage", stage).timer().count()).isZero();
        }
        assertThat(meters.get("advunlearn.requests.refused").tag("reason", "queue_full").counter().count()).isZero();
        assertThat(gauge("advunlearn.erasure.loss", "loss", "erase")).isNaN();
    }

    @Test
    void stagesAreTimed() {
        metrics.stage("sd", "denoise", TimeUnit.MILLISECONDS.toNanos(20));
        metrics.stage("sd", "denoise", TimeUnit.MILLISECONDS.toNanos(40));
        assertThat(meters.get("advunlearn.stage").tags("stage", "denoise").timer().totalTime(TimeUnit.MILLISECONDS)).isEqualTo(60);
        assertThat(meters.get("advunlearn.stage").tags("stage", "encode").timer().count()).isZero();
    }

    @Test
    void swapsAndRefusalsAreCountedByOutcome() {
        metrics.swap("sd", "promote", "success", Duration.ofMillis(5));
        metrics.swap("sd", "promote", "below_floor", Duration.ofMillis(1));
        metrics.refused("sd", "queue_timeout");
        assertThat(meters.get("advunlearn.swaps").tags("outcome", "success").timer().count()).isEqualTo(1);
        assertThat(meters.get("advunlearn.swaps").tags("outcome", "below_floor").timer().count()).isEqualTo(1);
        assertThat(meters.get("advunlearn.requests.refused").tag("reason", "queue_timeout").counter().count()).isEqualTo(1);
    }

    @Test
    void anErasureKeepsTheLastFiguresKnownAndTheNextOneStartsAfresh() {
        metrics.erasure("sd", new ErasureEvent("warmup", 1, 10, Map.of("loss_retain", 0.5, "unet_forward", 8.0)));
        metrics.erasure("sd", new ErasureEvent("adversarial", 2, 10, Map.of("loss_erase", 0.25, "unet_forward", 12.0, "unet_backward", 4.0)));
        assertThat(gauge("advunlearn.erasure.iteration")).isEqualTo(2);
        assertThat(gauge("advunlearn.erasure.iterations")).isEqualTo(10);
        assertThat(gauge("advunlearn.erasure.loss", "loss", "retain")).isEqualTo(0.5);
        assertThat(gauge("advunlearn.erasure.loss", "loss", "erase")).isEqualTo(0.25);
        assertThat(gauge("advunlearn.erasure.unet.evaluations", "direction", "forward")).isEqualTo(12);
        metrics.erasure("sd", new ErasureEvent("bank", 0, 5, Map.of("unet_forward", 3.0)));
        assertThat(gauge("advunlearn.erasure.loss", "loss", "erase")).isNaN();
        assertThat(gauge("advunlearn.erasure.unet.evaluations", "direction", "forward")).isEqualTo(3);
    }

    @Test
    void jobsAreCountedWhileTheyWaitAndRunAndWhenTheyEnd() {
        metrics.jobs("erasure", () -> 4, () -> 1);
        metrics.jobFinished("erasure", "succeeded");
        assertThat(gauge("advunlearn.jobs", "kind", "erasure", "state", "queued")).isEqualTo(4);
        assertThat(gauge("advunlearn.jobs", "kind", "erasure", "state", "running")).isEqualTo(1);
        assertThat(meters.get("advunlearn.jobs.finished").tags("state", "succeeded").counter().count()).isEqualTo(1);
        assertThat(meters.get("advunlearn.jobs.finished").tags("state", "failed").counter().count()).isZero();
    }

    @Test
    void memoryIsInBytes() {
        metrics.loadedEncoders("sd", () -> 2);
        metrics.deviceMemory("cpu", () -> null);
        metrics.deviceMemory("gpu0", () -> 5L);
        assertThat(gauge("process.resident.memory")).isGreaterThan(10_000_000);
        assertThat(gauge("advunlearn.device.memory.used", "device", "gpu0")).isEqualTo(5);
        assertThat(gauge("advunlearn.device.memory.used", "device", "cpu")).isNaN();
        assertThat(gauge("advunlearn.encoders.loaded", "pipeline", "sd")).isEqualTo(2);
        assertThat(meters.getMeters()).extracting(Meter::getId).filteredOn(id -> id.getName().contains("memory")).allSatisfy(
                id -> assertThat(id.getBaseUnit()).isEqualTo("bytes"));
    }
}
