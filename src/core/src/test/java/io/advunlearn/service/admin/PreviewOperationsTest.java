package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.ServingMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An administrator sees what an encoder would draw, also one below the floor, and clients never do. */
class PreviewOperationsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Identity OPERATOR = new Identity("olga", Role.OPERATOR, null, null);

    @TempDir
    private Path folder;
    private AdvUnlearnService service;

    @BeforeEach
    void start() {
        SdxlFixture model = new SdxlFixture(folder);
        model.encoder("text_encoder", "first", 1.1f);
        model.encoder("text_encoder", "weak", 1.2f);
        model.encoder("text_encoder_2", "second", 1.1f);
        Path registry = folder.resolve("registry");
        service = new AdvUnlearnService(new ServiceSettings(registry, Optional.of(model.candidates()), "test", Duration.ofSeconds(60), Limits.DEFAULT),
                new FileEncoderRegistry(registry, "test"), ServingMetrics.NONE);
        for (String id : List.of("first", "weak", "second")) {
            String erasures = id.equals("weak") ? "[]" : "[\"church\"]";
            service.admin().encoders().importFolder(body("{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}"));
        }
        service.pipelines().load("sdxl", new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.of("first"), Optional.of("second"),
                List.of("church"), true, 2, 5, PipelineTuning.SERVING, Optional.empty(), Gates.NONE));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private JsonNode preview(String fields, int status) throws IOException {
        Answer answer = service.admin().as(OPERATOR).previews().draw("sdxl", body("{\"prompt\": \"a cat\", \"seed\": 1, " + fields + "}"));
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private JsonNode publicImage() throws IOException {
        return JSON.readTree(service.images().generate(body("{\"prompt\": \"a cat\", \"seed\": 1}"), null).answer().join().body());
    }

    private static String versions(JsonNode preview, String field) {
        return preview.path(field).asText().replaceAll("@[0-9a-f]{64}", "");
    }

    @Test
    void drawsWithAnEncoderBelowTheFloorAndServesWhatItServed() throws IOException {
        JsonNode before = publicImage();
        int loaded = service.pipelines().find("sdxl").orElseThrow().pipeline().loadedEncoders();
        JsonNode preview = preview("\"encoder\": \"weak\"", 200);
        assertThat(preview.path("preview").asBoolean()).isTrue();
        assertThat(preview.path("notice").asText()).contains("for administrators");
        assertThat(versions(preview, "encoder")).isEqualTo("weak, base");
        assertThat(versions(preview, "serves")).isEqualTo("first, second");
        assertThat(preview.path("b64_json").asText()).startsWith("iVBOR").isNotEqualTo(before.at("/data/0/b64_json").asText());
        assertThat(publicImage().path("data")).isEqualTo(before.path("data"));
        assertThat(service.pipelines().find("sdxl").orElseThrow().pipeline().loadedEncoders()).as("it is freed").isEqualTo(loaded);
        assertThat(new String(service.admin().audit().body(), StandardCharsets.UTF_8)).contains("olga", "preview").doesNotContain("a cat");
    }

    /** Not bit for bit: both are drawn, and the file says which encoders drew it. */
    @Test
    void showsWhatAPromotionWouldServe() throws IOException {
        assertThat(preview("\"encoder\": \"first\", \"text_encoder_2\": \"second\"", 200).path("b64_json").asText()).startsWith("iVBOR");
        assertThat(versions(preview("\"encoder\": \"base\"", 200), "encoder")).isEqualTo("base, base");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"encoder\": \"unknown\"                              | encoder",
        "\"encoder\": \"second\"                               | encoder",
        "\"encoder\": \"weak\", \"n\": 2                       | n",
        "\"encoder\": \"weak\", \"num_inference_steps\": 1000  | num_inference_steps",
        "\"encoder\": \"weak\", \"size\": \"8000x8000\"        | size",
        "\"encoder\": \"weak\", \"weaken\": true               | weaken"})
    void isWithinTheLimitsOfClients(String fields, String field) throws IOException {
        assertThat(preview(fields, 400).path("field").asText()).isEqualTo(field);
    }
}
