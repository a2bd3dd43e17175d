package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.RecordingObservers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErasureOperationsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TINY = "\"profile\": \"kv\", \"settings\": {\"iterations\": 1, \"eraseBatch\": 2, \"attackSteps\": 1, \"bankStarts\": 2, "
            + "\"retainStarts\": 4, \"bankSteps\": 2, \"eraseTexts\": 4, \"retainTexts\": 8, \"retainBatch\": 2}";

    private static final RecordingObservers RECORDED = new RecordingObservers();

    @TempDir
    private static Path directory;
    private static AdvUnlearnService service;

    @BeforeAll
    static void start() {
        Path registry = directory.resolve("registry");
        service = new AdvUnlearnService(new ServiceSettings(registry, Optional.empty(), "test", Duration.ofSeconds(60), Limits.DEFAULT),
                new FileEncoderRegistry(registry, "test"), RECORDED.observers(), RateLimits.NONE);
        service.pipelines().load("emoji-sd", new PipelineSettings(BundledModel.directory(), "cpu", Optional.empty(), List.of(), true, 25, 5, Optional.empty(),
                Gates.NONE));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Answer answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    private static String erased(String members) throws Exception {
        Answer accepted = service.admin().erasures().start(body("{" + members + ", " + TINY + "}"));
        assertThat(accepted.status()).as(new String(accepted.body(), StandardCharsets.UTF_8)).isEqualTo(202);
        String id = accepted.headers().get("Location").replaceAll(".*/", "");
        for (String state = "queued"; !state.equals("succeeded"); state = json(service.admin().erasures().get(id)).path("state").asText()) {
            assertThat(state).isIn("queued", "running");
            Thread.sleep(100);
        }
        return id;
    }

    /** They are told after the state can be read; last of all the job leaves the gauge. */
    private static void awaitObservers() throws InterruptedException {
        for (int tries = 0; RECORDED.gauges.get("erasure running").getAsInt() > 0; tries++) {
            assertThat(tries).as("tenths of a second since the erasure succeeded").isLessThan(100);
            Thread.sleep(100);
        }
    }

    @Test
    void observersFollowAnErasure() throws Exception {
        String id = erased("\"concept\": \"church\", \"seed\": 9");
        awaitObservers();
        assertThat(RECORDED.metrics).anyMatch(line -> line.startsWith("erasure adversarial 1/1") && line.contains("loss_erase")
                && line.contains("unet_forward")).contains("erasure succeeded");
        assertThat(RECORDED.events).contains("erasure succeeded emoji-sd");
        RecordingObservers.RecordedSpan job = RECORDED.spans("erasure emoji-sd").stream().filter(span -> id.equals(span.attributes.get("advunlearn.job.id")))
                .findFirst().orElseThrow();
        assertThat(RECORDED.spans("erase adversarial")).anyMatch(step -> step.parent == job && step.attributes.get("advunlearn.erasure.iteration").equals(1L));
    }

    @Test
    void anErasureStartsFromTheActiveEncoderAndItsManifestTellsBoth() throws Exception {
        String first = erased("\"concepts\": [{\"concept\": \"church\"}, {\"concept\": \"blob\", \"kind\": \"style\"}], \"seed\": 3");
        assertThat(service.admin().erasures().promote(first, null).status()).isEqualTo(200);
        String second = erased("\"concept\": \"dog\"");
        String third = erased("\"concept\": \"dog\", \"from\": \"base\"");

        JsonNode before = json(service.admin().encoders().get(first));
        JsonNode stacked = json(service.admin().encoders().get(second));
        assertThat(stacked.path("parent").asText()).isEqualTo(first);
        assertThat(stacked.path("parentDigest").asText()).isEqualTo(before.path("digest").asText());
        assertThat(stacked.path("erasures").toString()).isEqualTo("[\"church\",\"blob\",\"dog\"]");
        assertThat(stacked.path("lineage")).hasSize(3);
        assertThat(stacked.path("referencePrompt").asText()).isNotBlank();
        assertThat(stacked.path("referenceOutput")).isNotEmpty();
        assertThat(stacked.path("lineage").get(1).path("kind").asText()).isEqualTo("style");
        assertThat(stacked.path("lineage").get(1).path("seed").asLong()).isEqualTo(3);
        assertThat(json(service.admin().encoders().get(third)).path("erasures").toString()).isEqualTo("[\"dog\"]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "{\"concept\": \"dog\", \"from\": \"nothing\"} | there is no encoder nothing",
        "{\"concepts\": []} | concepts must hold at least one concept",
        "{\"concept\": \"dog\", \"concepts\": [{\"concept\": \"cat\"}]} | concepts must hold at least one concept and stand alone",
        "{\"concepts\": [\"dog\"]} | concepts must be a list of objects",
        "{\"concepts\": [{\"concept\": \"dog\", \"colour\": \"red\"}]} | unknown field colour",
        "{\"concepts\": [{\"concept\": \"dog\"}, {\"concept\": \"Dog\"}]} | Dog is there twice",
        "{\"concept\": \"dog\", \"kind\": \"colour\"} | kind must be one of object, style, topic",
        "{\"concept\": \"dog\", \"retain\": [\"a cat\", \"two dogs\"]} | line 2 holds the concept dog"})
    void whatCannotBeErasedIsRefusedAtOnce(String body, String reason) throws IOException {
        Answer answer = service.admin().erasures().start(body(body));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(json(answer).path("detail").asText()).contains(reason);
    }
}
