package io.advunlearn.service.admin;

import static io.advunlearn.service.admin.SdxlService.body;
import static io.advunlearn.service.admin.SdxlService.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.service.json.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API and the image API of a pipeline with two text encoders. */
class SecondEncoderOperationsTest {

    @TempDir
    private Path folder;
    private SdxlFixture model;
    private SdxlService sdxl;

    @BeforeEach
    void start() {
        model = new SdxlFixture(folder);
        sdxl = new SdxlService(model, folder);
        sdxl.importPair();
    }

    private void load() {
        sdxl.load(List.of(), null, null, Gates.NONE);
    }

    @AfterEach
    void stop() {
        sdxl.close();
    }

    private Answer swap(String body) {
        return sdxl.swap(body);
    }

    private JsonNode state() throws IOException {
        return sdxl.state();
    }

    private Answer draw(String accept) {
        return sdxl.service().images().generate(body("{\"prompt\": \"a cat\", \"seed\": 1}"), accept).answer().join();
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
        assertThat(json(sdxl.admin().encoders().list(), 200).path("encoders").findValuesAsText("architecture"))
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

        JsonNode back = json(sdxl.admin().pipelines().rollback("sdxl", null), 200);
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
        sdxl.load(List.of("church"), null, null, Gates.NONE);
        assertThat(json(swap("{\"encoder\": \"first\"}"), 409).path("detail").asText()).contains("not all of them have erased church");
        assertThat(draw(null).status()).isEqualTo(503);
        for (String half : List.of("active", "active_text_encoder_2")) {
            assertThat(state().path(half).path("enforce").asBoolean()).isTrue();
            assertThat(state().path(half).path("unavailable").asText()).contains("church");
        }
        json(swap("{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}"), 200);
        json(draw(null), 200);
        json(sdxl.admin().pipelines().rollback("sdxl", null), 409);
        assertThat(state().path("active_text_encoder_2").path("encoder").asText()).isEqualTo("second");
    }

    @Test
    void theSettingsEncodersAreServedFromTheStartAndAfterARestart() throws IOException {
        sdxl.load(List.of("church"), "first", "second", Gates.NONE);
        json(draw(null), 200);
        sdxl.close();
        sdxl = new SdxlService(model, folder);
        sdxl.load(List.of("church"), null, null, Gates.NONE);
        assertThat(state().path("active_text_encoder_2").path("encoder").asText()).isEqualTo("second");
        assertThat(state().path("desired").path("changedBy").asText()).isEqualTo("configuration");
        json(draw(null), 200);
    }

    @Test
    void gatesAskForBoth() throws IOException {
        sdxl.load(List.of(), null, null, Gates.parse(Map.of("attack-success.any", "0.1")));
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
