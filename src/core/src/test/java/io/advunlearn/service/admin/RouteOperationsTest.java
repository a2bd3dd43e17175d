package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.pipeline.SdxlFixture;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineRoutes.Route;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.RateLimits;
import io.advunlearn.service.serving.Observers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who a client is decides which encoders draw for it, and nothing else does; on a pipeline with two text encoders. */
class RouteOperationsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Identity OPERATOR = new Identity("olga", Role.OPERATOR, null, null);
    private static final Identity ADMIN = new Identity("boss", Role.ADMIN, null, null);
    private static final Identity ACME = new Identity("acme-web", null, "acme", "192.0.2.1");
    private static final Identity OTHER = new Identity("other-web", null, "other", "192.0.2.1");
    private static final Identity ANONYMOUS = Identity.anonymous("192.0.2.1");

    @TempDir
    private static Path shared;
    private static SdxlFixture model;

    @TempDir
    private Path folder;
    private AdvUnlearnService service;

    @BeforeAll
    static void write() {
        model = new SdxlFixture(shared);
        model.encoder("text_encoder", "first", 1.1f);
        model.encoder("text_encoder", "weak", 1.2f);
        model.encoder("text_encoder_2", "second", 1.1f);
    }

    @BeforeEach
    void start() {
        Path registry = folder.resolve("registry");
        RateLimits rates = new RateLimits(OptionalInt.of(40), OptionalInt.empty(), OptionalInt.empty());
        service = new AdvUnlearnService(new ServiceSettings(registry, Optional.of(model.candidates()), "test", Duration.ofSeconds(60), Limits.DEFAULT),
                new FileEncoderRegistry(registry, "test"), Observers.NONE, rates);
        for (String id : List.of("first", "weak", "second")) {
            String erasures = id.equals("weak") ? "[]" : "[\"church\"]";
            assertThat(service.admin().encoders().importFolder(body("{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}")).status())
                    .isEqualTo(201);
        }
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void load(List<String> required, Gates gates) {
        service.pipelines().load("sdxl", new PipelineSettings(model.model(), CheckpointOptions.NONE, "cpu", Optional.empty(), Optional.empty(), required, true, 2, 5,
                PipelineTuning.SERVING, Optional.empty(), gates));
    }

    private static InputStream body(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private RouteOperations as(Identity caller) {
        return service.admin().as(caller).routes();
    }

    private Answer draw(Identity client, String more) {
        return service.images().as(client).generate(body("{\"prompt\": \"a cat\", \"seed\": 1" + more + "}"), null).answer().join();
    }

    private static String versions(Answer answer) {
        return String.valueOf(answer.headers().get("X-Encoder-Version")).replaceAll("@[0-9a-f]{64}", "");
    }

    private static final String BOTH = "{\"encoder\": \"first\", \"text_encoder_2\": \"second\"}";

    @Test
    void theTenantDecidesAndNothingElse() throws IOException {
        load(List.of(), Gates.NONE);
        JsonNode put = json(as(OPERATOR).put("sdxl", "acme", body(BOTH)), 200);
        assertThat(put.path("text_encoder_2").asText()).isEqualTo("second");
        assertThat(put.path("digest").asText()).hasSize(64);
        assertThat(versions(draw(ACME, ""))).isEqualTo("first, second");
        for (Identity other : List.of(OTHER, ANONYMOUS)) {
            assertThat(versions(draw(other, ""))).isEqualTo("base, base");
        }
        assertThat(versions(draw(ANONYMOUS, ", \"user\": \"acme\""))).isEqualTo("base, base");
        for (String field : List.of("encoder", "tenant", "route", "text_encoder", "X-Encoder-Version")) {
            assertThat(json(draw(ANONYMOUS, ", \"" + field + "\": \"acme\""), 400).at("/error/code").asText()).isEqualTo("unknown_parameter");
        }
        for (String alias : List.of("sdxl@acme", "sdxl:first", "first", "sdxl/first")) {
            json(draw(ANONYMOUS, ", \"model\": \"" + alias + "\""), 404);
        }
        JsonNode list = json(as(OPERATOR).list("sdxl"), 200);
        assertThat(list.path("generation").asLong()).isEqualTo(1);
        assertThat(list.at("/routes/acme/encoder").asText()).isEqualTo("first");
        assertThat(list.at("/routes/acme/unavailable").isNull()).isTrue();
        assertThat(json(service.admin().audit(), 200).at("/audit/0/principal").asText()).isEqualTo("olga");

        json(as(OPERATOR).delete("sdxl", "acme"), 200);
        assertThat(versions(draw(ACME, ""))).isEqualTo("base, base");
        json(as(OPERATOR).delete("sdxl", "acme"), 404);
        json(as(OPERATOR).get("sdxl", "acme"), 404);
    }

    @Test
    void aTenantWhoseRouteIsBelowTheFloorIsRefusedAndTheOthersAreDrawn() throws IOException {
        load(List.of("church"), Gates.NONE);
        assertThat(service.admin().as(OPERATOR).pipelines().swap("sdxl", body(BOTH)).status()).isEqualTo(200);
        for (String weaker : List.of("{\"encoder\": \"weak\", \"text_encoder_2\": \"second\"}", "{\"encoder\": \"first\"}", "{\"encoder\": \"base\"}")) {
            assertThat(json(as(ADMIN).put("sdxl", "acme", body(weaker)), 409).path("detail").asText()).contains("church");
        }
        assertThat(json(as(ADMIN).put("sdxl", "acme", body("{\"encoder\": \"weak\", \"weaken\": true}")), 400).path("field").asText()).isEqualTo("weaken");
        json(draw(ACME, ""), 200);
        new FileEncoderRegistry(folder.resolve("registry"), "another").advanceRoutes("sdxl", 0, Map.of("acme", new Route("weak", "second", null)), "somebody");
        service.pipelines().all().iterator().next().routes().reconcile(Map.of());
        JsonNode refused = json(draw(ACME, ""), 503);
        assertThat(refused.at("/error/code").asText()).isEqualTo("encoder_unavailable");
        assertThat(refused.toString()).doesNotContain("weak").doesNotContain("church");
        assertThat(draw(ACME, "").headers()).as("no encoder drew").doesNotContainKey("X-Encoder-Version");
        assertThat(versions(draw(OTHER, ""))).isEqualTo("first, second");
        assertThat(json(as(OPERATOR).get("sdxl", "acme"), 200).path("unavailable").asText()).contains("church");
    }

    @Test
    void gatesHoldForRoutesToo() throws IOException {
        load(List.of(), Gates.parse(Map.of("attack-success.any", "0.1")));
        json(as(OPERATOR).put("sdxl", "acme", body(BOTH)), 409);
        String overridden = BOTH.replace("}", ", \"override\": true}");
        json(as(OPERATOR).put("sdxl", "acme", body(overridden)), 403);
        json(as(ADMIN).put("sdxl", "acme", body(overridden)), 200);
        assertThat(json(service.admin().audit(), 200).path("audit").findValuesAsText("action")).contains("override-gates", "route");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "acme | {}                                          | encoder",
        "acme | {\"encoder\": \"ghost\"}                    | encoder",
        "acme | {\"text_encoder_2\": \"second\"}            | encoder",
        "acme | {\"encoder\": \"second\"}                   | encoder",
        "acme | {\"encoder\": \"first\", \"share\": 0.5}    | share",
        "*    | {\"encoder\": \"first\"}                    | share",
        "*    | {\"encoder\": \"first\", \"share\": 1.5}    | share",
        "*    | {\"encoder\": \"first\", \"share\": 0}      | share",
        "a b  | {\"encoder\": \"first\"}                    | tenant",
        "**   | {\"encoder\": \"first\"}                    | tenant"})
    void saysWhichFieldIsWrong(String tenant, String body, String field) throws IOException {
        load(List.of(), Gates.NONE);
        assertThat(json(as(ADMIN).put("sdxl", tenant, body(body)), 400).path("field").asText()).isEqualTo(field);
    }

    @Test
    void beyondAClientsLimitTheAnswerIs429() throws IOException {
        load(List.of(), Gates.NONE);
        Answer busy = null;
        for (int i = 0; i <= 40; i++) {
            busy = draw(ANONYMOUS, ", \"nothing\": 1");
        }
        assertThat(json(busy, 429).at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(busy.headers().get("Retry-After")).matches("[12]");
        json(draw(ACME, ""), 200);
    }
}
