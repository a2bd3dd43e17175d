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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API and the image API of a pipeline with two text encoders. */
class SecondEncoderOperationsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Identity BOSS = new Identity("boss", Role.ADMIN, null, null);

    @TempDir
    private Path folder;
    private SdxlFixture model;
    private AdvUnlearnService service;

    @BeforeEach
    void start() {
        model = new SdxlFixture(folder);
        model.encoder("text_encoder", "first", 1.1f);
        model.encoder("text_encoder_2", "second", 1.1f);
        service = service();
        imported("first", "[\"church\"]");
        imported("second", "[\"church\"]");
    }

    private AdvUnlearnService service() {
        Path registry = folder.resolve("registry");
        return new AdvUnlearnService(new ServiceSettings(registry, Optional.of(model.candidates()), "test", Duration.ofSeconds(60), Limits.DEFAULT),
                new FileEncoderRegistry(registry, "test"), ServingMetrics.NONE);
    }

    private void load(List<String> required, String encoder, String textEncoder2, Gates gates) {
        service.pipelines().load("sdxl", new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.ofNullable(encoder),
                Optional.ofNullable(textEncoder2), required, true, 2, 5, PipelineTuning.SERVING, Optional.empty(), gates));
    }

    private void load() {
        load(List.of(), null, null, Gates.NONE);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void imported(String id, String erasures) {
        Answer answer = service.admin().encoders().importFolder(body("{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}"));
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(201);
    }

    private static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private Answer swap(String body) {
        return service.admin().as(BOSS).pipelines().swap("sdxl", body(body));
    }

    private JsonNode state() throws IOException {
        return json(service.admin().pipelines().textEncoder("sdxl"), 200);
    }

    private Answer draw(String accept) {
        return service.images().generate(body("{\"prompt\": \"a cat\", \"seed\": 1}"), accept).answer().join();
    }

    @Test
    void bothAreSwappedToldAndRolledBack() throws IOException {
        load();
        JsonNode swapped = json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}"), 200);
        assertThat(swapped.path("encoder").asText()).isEqualTo("first");
        assertThat(swapped.path("generation").asLong()).isEqualTo(1);
        assertThat(swapped.path("text_encoder_2").path("encoder").asText()).isEqualTo("second");
        assertThat(swapped.path("text_encoder_2").path("previous").asText()).isEqualTo("base");

        JsonNode state = state();
        assertThat(state.path("active").path("encoder").asText()).isEqualTo("first");
        assertThat(state.path("active_text_encoder_2").path("encoder").asText()).isEqualTo("second");
        assertThat(state.path("desired").path("text_encoder_2").asText()).isEqualTo("second");
        assertThat(json(service.admin().encoders().list(), 200).path("encoders").findValuesAsText("architecture"))
                .containsExactly("CLIPTextModel", "CLIPTextModelWithProjection");

        String versions = "first@" + swapped.path("digest").asText() + ", second@" + swapped.path("text_encoder_2").path("digest").asText();
        Answer image = draw(null);
        assertThat(image.headers().get("X-Encoder-Version")).isEqualTo(versions);
        assertThat(json(image, 200).path("encoder").path("id").asText()).isEqualTo("first");
        assertThat(json(image, 200).path("text_encoder_2").path("id").asText()).isEqualTo("second");
        assertThat(json(image, 200).path("text_encoder_2").path("generation").asLong()).isEqualTo(1);
        Answer png = draw("image/png");
        assertThat(png.headers().get("X-Encoder-Version")).isEqualTo(versions);
        assertThat(new String(png.body(), StandardCharsets.ISO_8859_1)).contains(versions);

        JsonNode back = json(service.admin().pipelines().rollback("sdxl", null), 200);
        assertThat(back.path("encoder").asText()).isEqualTo("base");
        assertThat(back.path("text_encoder_2").path("encoder").asText()).isEqualTo("base");
        assertThat(json(swap("{\"text_encoder_2\": \"second\"}"), 200).path("encoder").asText()).as("what is not named stays").isEqualTo("base");
    }

    private void assertRefused(String body, String field, String detail) throws IOException {
        JsonNode problem = json(swap(body), 400);
        assertThat(problem.path("field").asText()).isEqualTo(field);
        assertThat(problem.path("detail").asText()).contains(detail);
    }

    @Test
    void saysWhichFieldIsWrong() throws IOException {
        load();
        assertRefused("{}", "encoder", "encoder is required");
        assertRefused("{\"encoder\": \"second\"}", "encoder", "encoder 'second' is a CLIPTextModelWithProjection, encoder must be a CLIPTextModel");
        assertRefused("{\"encoder\": \"base\", \"text_encoder_2\": \"first\"}", "text_encoder_2",
                "encoder 'first' is a CLIPTextModel, text_encoder_2 must be a CLIPTextModelWithProjection");
        assertRefused("{\"text_encoder_2\": \"ghost\"}", "text_encoder_2", "there is no encoder ghost");
        assertRefused("{\"text_encoder_2\": 3}", "text_encoder_2", "text_encoder_2 must be a string");
        assertThat(state().path("desired").isNull()).isTrue();
    }

    @Test
    void aHalfThatMeetsTheFloorIsNotEnough() throws IOException {
        load(List.of("church"), null, null, Gates.NONE);
        assertThat(json(swap("{\"encoder\": \"first\"}"), 409).path("detail").asText()).contains("not all of them have erased church");
        assertThat(draw(null).status()).isEqualTo(503);
        for (String half : List.of("active", "active_text_encoder_2")) {
            assertThat(state().path(half).path("enforce").asBoolean()).isTrue();
            assertThat(state().path(half).path("unavailable").asText()).contains("church");
        }
        json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}"), 200);
        json(draw(null), 200);
        json(service.admin().pipelines().rollback("sdxl", null), 409);
        assertThat(state().path("active_text_encoder_2").path("encoder").asText()).isEqualTo("second");
    }

    @Test
    void theSettingsEncodersAreServedFromTheStartAndAfterARestart() throws IOException {
        load(List.of("church"), "first", "second", Gates.NONE);
        json(draw(null), 200);
        service.close();
        service = service();
        load(List.of("church"), null, null, Gates.NONE);
        assertThat(state().path("active_text_encoder_2").path("encoder").asText()).isEqualTo("second");
        assertThat(state().path("desired").path("changedBy").asText()).isEqualTo("configuration");
        json(draw(null), 200);
    }

    @Test
    void gatesAskForBoth() throws IOException {
        load(List.of(), null, null, Gates.parse(Map.of("attack-success.any", "0.1")));
        String detail = json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}"), 409).path("detail").asText();
        assertThat(detail).contains("encoder first does not pass the gates").contains("encoder second does not pass the gates");
        json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\", \"override\": true}"), 200);
    }

    @Test
    void whatIsDamagedOnDiskIsRefusedAndBothStay() throws IOException {
        load();
        Path weights = folder.resolve("registry/encoders/second/model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        assertThat(json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}"), 422).path("detail").asText())
                .contains("second encoder 'second' was refused").doesNotContain(folder.toString());
        assertThat(state().path("active").path("encoder").asText()).isEqualTo("base");
        assertThat(state().path("desired").isNull()).isTrue();
    }
}
