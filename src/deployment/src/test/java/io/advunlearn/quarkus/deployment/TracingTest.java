package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.quarkus.builder.Version;
import io.quarkus.maven.dependency.Dependency;
import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URL;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application with quarkus-opentelemetry: a request's spans hang together over its threads, and none holds the prompt. */
class TracingTest {

    private static final String KEY = "a-key-for-this-test";
    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest()
            .setForcedDependencies(List.of(Dependency.of("io.quarkus", "quarkus-opentelemetry", Version.getVersion())))
            .withApplicationRoot(jar -> jar.addClass(InMemory.class).addAsResource(new StringAsset("""
                    quarkus.advunlearn.registry-directory=target/traced-registry
                    quarkus.advunlearn.pipelines.emoji-sd.model-directory=${advunlearn.models}/emoji-sd
                    quarkus.advunlearn.admin.api-key=%s
                    quarkus.otel.bsp.schedule.delay=50ms
                    quarkus.otel.metrics.enabled=false
                    """.formatted(KEY)), "application.properties"));

    /** Where the spans go instead of a collector. */
    public static class InMemory {

        @Produces
        @Singleton
        InMemorySpanExporter exporter() {
            return InMemorySpanExporter.create();
        }
    }

    @Inject
    InMemorySpanExporter exported;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitReady() throws InterruptedException {
        String ready = "http://localhost:" + management.getPort() + "/q/health/ready";
        for (int i = 0; i < 600 && given().get(ready).statusCode() != 200; i++) {
            Thread.sleep(100);
        }
        exported.reset();
    }

    private SpanData await(String name) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (true) {
            List<SpanData> found = exported.getFinishedSpanItems().stream().filter(span -> span.getName().equals(name)).toList();
            if (!found.isEmpty()) {
                assertThat(found).hasSize(1);
                return found.get(0);
            }
            assertThat(System.nanoTime()).as("%s among %s", name, exported.getFinishedSpanItems().stream().map(SpanData::getName).toList())
                    .isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    @Test
    void aRequestIsOneTraceFromTheSocketToThePixels() throws InterruptedException {
        given().contentType("application/json").body("{\"prompt\": \"sesamstrasse\", \"negative_prompt\": \"kermit\", \"seed\": 5, \"num_inference_steps\": 2}")
                .post("/v1/images/generations").then().statusCode(200);
        SpanData generation = await("generate_content emoji-sd");
        SpanData http = await("POST /v1/images/generations");
        assertThat(http.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(generation.getParentSpanId()).isEqualTo(http.getSpanId());
        assertThat(generation.getAttributes().get(MODEL)).isEqualTo("emoji-sd");
        assertThat(generation.getAttributes().get(AttributeKey.longKey("gen_ai.request.seed"))).isEqualTo(5);
        assertThat(generation.getAttributes().get(AttributeKey.stringKey("gen_ai.operation.name"))).isEqualTo("generate_content");
        assertThat(generation.getAttributes().get(AttributeKey.stringKey("advunlearn.encoder.id"))).isEqualTo("base");
        for (String stage : List.of("queue", "encode", "denoise", "decode")) {
            SpanData span = await(stage);
            assertThat(span.getParentSpanId()).as(stage).isEqualTo(generation.getSpanId());
            assertThat(span.getTraceId()).isEqualTo(http.getTraceId());
            assertThat(span.getEndEpochNanos()).isGreaterThanOrEqualTo(span.getStartEpochNanos());
        }
        assertThat(exported.getFinishedSpanItems()).allSatisfy(span -> assertThat(span.toString()).doesNotContain("sesamstrasse", "kermit"));
    }

    @Test
    void aSwapShowsItsParts() throws InterruptedException {
        given().header("X-API-Key", KEY).body("{\"encoder\": \"base\"}")
                .put("http://localhost:" + management.getPort() + "/admin/advunlearn/pipelines/emoji-sd/text-encoder").then().statusCode(200);
        SpanData swap = await("swap emoji-sd");
        assertThat(swap.getAttributes().get(AttributeKey.stringKey("advunlearn.swap.kind"))).isEqualTo("promote");
        for (String part : List.of("load", "verify", "flip")) {
            assertThat(await(part).getParentSpanId()).as(part).isEqualTo(swap.getSpanId());
        }
    }

    @Test
    void anErasureShowsItsOuterStepsUnderTheRequestThatAskedForIt() throws InterruptedException {
        given().header("X-API-Key", KEY).body("""
                {"concept": "church", "profile": "kv", "settings": {"iterations": 1, "eraseBatch": 2, "attackSteps": 1, "bankStarts": 2, "retainStarts": 4,
                 "bankSteps": 2, "eraseTexts": 4, "retainTexts": 8, "retainBatch": 2}}""")
                .post("http://localhost:" + management.getPort() + "/admin/advunlearn/erasures").then().statusCode(202);
        SpanData job = await("erasure emoji-sd");
        assertThat(job.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(job.getTraceId()).isEqualTo(await("POST /admin/advunlearn/erasures").getTraceId());
        assertThat(await("erase adversarial").getParentSpanId()).isEqualTo(job.getSpanId());
    }
}
