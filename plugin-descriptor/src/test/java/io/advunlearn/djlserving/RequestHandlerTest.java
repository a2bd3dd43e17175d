package io.advunlearn.djlserving;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.serving.ServerChannel;
import ai.djl.serving.ServerChannel.Received;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.access.AccessKey;
import io.advunlearn.service.access.Keyring;
import io.advunlearn.service.access.KeysFile;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.access.StoredKey;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.ServingMetrics;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The handler on netty's embedded channel: images, swaps, erasures and their events, and everybody who may not. */
class RequestHandlerTest {

    private static final String TOKEN = "a-token-for-tests-only";
    private static final Path MODEL = Path.of(System.getProperty("advunlearn.models"), "emoji-sd");

    @TempDir
    static Path work;

    private static final Map<String, String> KEYS = new HashMap<>();
    private static AdvUnlearnService service;
    private static TracedEncoders traced;
    private static AdvUnlearnRequestHandler handler;

    @BeforeAll
    static void start() throws IOException {
        Path imports = work.resolve("imports");
        EncoderFixture.scaled(MODEL.resolve("text_encoder"), imports.resolve("first"), 1.01f);
        EncoderFixture.scaled(MODEL.resolve("text_encoder"), imports.resolve("second"), 1.02f);
        EncoderRegistry registry = new FileEncoderRegistry(work.resolve("registry"), "test");
        service = new AdvUnlearnService(new ServiceSettings(work.resolve("registry"), Optional.of(imports), "test", Duration.ofSeconds(2),
                Limits.DEFAULT), registry, ServingMetrics.NONE);
        traced = new TracedEncoders(registry);
        service.pipelines().load("emoji-sd", new PipelineSettings(MODEL, "cpu", Optional.empty(), List.of(), true, 2, 5, Optional.empty(), Gates.NONE));
        handler = new AdvUnlearnRequestHandler(service, traced, Keyring.of(AccessKey.of(Optional.of(TOKEN), Optional.empty(), "token", "token-file"),
                Optional.of(keysFile()), "keys-file"));
    }

    /** One key a role and a tenant. */
    private static Path keysFile() {
        Path file = work.resolve("keys.json");
        new KeysFile(file).change(keys -> {
            for (StoredKey.Created key : List.of(StoredKey.create("vera", Role.VIEWER, null, null), StoredKey.create("olga", Role.OPERATOR, null, null),
                    StoredKey.create("acme", null, "acme", null))) {
                keys.put(key.stored().id(), key.stored());
                KEYS.put(key.stored().id(), key.text());
            }
            return keys;
        });
        return file;
    }

    private static int status(String owner, String method, String path, String body) {
        return call(method, path, body, Map.of("Authorization", "Bearer " + KEYS.getOrDefault(owner, owner))).status();
    }

    @Test
    void keysHaveRolesAndTenants() {
        String admin = "/admin/advunlearn";
        assertThat(status("vera", "GET", admin + "/encoders", "")).isEqualTo(200);
        assertThat(status("vera", "PUT", admin + "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\"}")).isEqualTo(403);
        assertThat(status("olga", "PUT", admin + "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\", \"weaken\": true}")).isEqualTo(403);
        assertThat(status("olga", "POST", admin + "/encoders", "{}")).isEqualTo(403);
        assertThat(status("olga", "PUT", admin + "/traced-encoders/x", "{}")).isEqualTo(403);
        assertThat(status("acme", "GET", admin + "/encoders", "")).isEqualTo(403);
        assertThat(status("acme", "GET", admin + "/erasures/x/events", "")).isEqualTo(403);
        assertThat(status("vera", "GET", admin + "/erasures/x/events", "")).isEqualTo(404);
        assertThat(status("olga", "PUT", admin + "/pipelines/emoji-sd/routes/acme", "{\"encoder\": \"base\"}")).isEqualTo(200);
        assertThat(status("vera", "GET", admin + "/pipelines/emoji-sd/routes/acme", "")).isEqualTo(200);
        assertThat(status("olga", "DELETE", admin + "/pipelines/emoji-sd/routes/acme", "")).isEqualTo(200);
        assertThat(admin("GET", "/audit", "").text()).contains("\"principal\":\"olga\",\"action\":\"route\"");
        assertThat(status("acme", "GET", "/v1/models", "")).isEqualTo(200);
        assertThat(status("vera", "GET", "/v1/models", "")).isEqualTo(401);
        assertThat(status(KEYS.get("acme") + "x", "POST", "/v1/images/generations", "{\"prompt\": \"a dog\"}")).isEqualTo(401);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static Received call(String method, String path, String body, Map<String, String> headers) {
        return new ServerChannel(handler).send(method, path, body, headers).receive();
    }

    private static Received admin(String method, String path, String body) {
        return call(method, "/admin/advunlearn" + path, body, Map.of("Authorization", "Bearer " + TOKEN));
    }

    private static Received draw(String body) {
        return call("POST", "/v1/images/generations", body, Map.of());
    }

    private static JsonNode json(Received answer) {
        try {
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String active() {
        return json(admin("GET", "/pipelines/emoji-sd/text-encoder", "")).at("/active/encoder").asText();
    }

    @Test
    void drawsAnImage() throws IOException {
        Received answer = draw("{\"prompt\": \"a church\", \"seed\": 7}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("Content-Type", "application/json").containsKey("X-Encoder-Version");
        assertThat(json(answer).at("/data/0/seed").asInt()).isEqualTo(7);
        byte[] png = Base64.getDecoder().decode(json(answer).at("/data/0/b64_json").asText());
        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(64);
    }

    @Test
    void aPngForWhoAsksForIt() throws IOException {
        Received answer = call("POST", "/v1/images/generations", "{\"prompt\": \"a dog\", \"seed\": 3}", Map.of("Accept", "image/png"));
        assertThat(answer.headers()).containsEntry("Content-Type", "image/png").containsEntry("X-Seed", "3");
        assertThat(ImageIO.read(new ByteArrayInputStream(answer.body()))).isNotNull();
    }

    @Test
    void streamsPartialImagesAndClosesTheConnection() {
        ServerChannel channel = new ServerChannel(handler).send("POST", "/v1/images/generations",
                "{\"prompt\": \"a dog\", \"seed\": 3, \"num_inference_steps\": 4, \"stream\": true, \"partial_images\": 1}", Map.of());
        Received answer = channel.receive();
        assertThat(answer.headers()).containsEntry("Content-Type", "text/event-stream");
        assertThat(answer.text()).startsWith("event: image_generation.partial_image\ndata: {")
                .contains("\n\nevent: image_generation.completed\ndata: {").endsWith("\n\n");
        assertThat(channel.awaitClosed()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"seed\": 1}                                 | 400 | prompt",
        "{\"prompt\": \"x\", \"encoder\": \"base\"}    | 400 | encoder",
        "{\"prompt\": \"x\", \"latents\": [0.1]}       | 400 | latents",
        "{\"prompt\": \"x\", \"model\": \"other\"}     | 404 | model"})
    void saysWhichFieldIsWrong(String body, int status, String param) {
        Received answer = draw(body);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(json(answer).at("/error/param").asText()).isEqualTo(param);
    }

    @Test
    void refusesALargeBodyAndAWrongMethod() {
        assertThat(draw("{\"prompt\": \"" + "x".repeat(100_000) + "\"}").status()).isEqualTo(413);
        Received wrong = call("GET", "/v1/images/generations", "", Map.of());
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.headers()).containsEntry("Allow", "POST");
    }

    @Test
    void listsTheModels() {
        assertThat(json(call("GET", "/v1/models", "", Map.of())).at("/data/0/id").asText()).isEqualTo("emoji-sd");
        assertThat(json(call("GET", "/v1/models/emoji-sd", "", Map.of())).at("/object").asText()).isEqualTo("model");
        assertThat(call("GET", "/v1/models/other", "", Map.of()).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({"/v1/images/generations,true", "/v1/models,true", "/v1/models/emoji-sd,true", "/admin/advunlearn,true", "/admin/advunlearn/x?y=z,true",
        "/v1/images/generationsx,false", "/v1/chat/completions,false", "/admin/advunlearnx,false", "/models,false", "/predictions/emoji_sd,false",
        "/ping,false"})
    void claimsItsOwnPathsOnly(String uri, boolean claimed) {
        assertThat(handler.acceptInboundMessage(
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri, Unpooled.EMPTY_BUFFER))).isEqualTo(claimed);
        assertThat(handler.acceptInboundMessage("no request")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /encoders", "GET /pipelines", "PUT /pipelines/emoji-sd/text-encoder", "POST /erasures", "GET /erasures/x/events",
        "DELETE /erasures/x", "GET /audit", "GET /nothing", "GET /"})
    void withoutTheTokenNothingAnswersAndNothingChanges(String request) {
        String before = active();
        String[] parts = request.split(" ");
        for (String authorization : new String[] {"", "Bearer", "Bearer wrong", "Bearer " + TOKEN + "x", "Basic " + TOKEN, TOKEN}) {
            Received answer = call(parts[0], "/admin/advunlearn" + parts[1], "{\"encoder\": \"base\", \"concept\": \"church\"}",
                    Map.of("Authorization", authorization, "X-API-Key", TOKEN));
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.headers()).containsEntry("Content-Type", "application/problem+json").containsEntry("WWW-Authenticate", "Bearer");
        }
        assertThat(active()).isEqualTo(before);
        assertThat(admin("GET", "/erasures", "").text()).doesNotContain("\"seed\":0");
    }

    @Test
    void withoutAConfiguredTokenTheAdminApiIsClosed() {
        AdvUnlearnRequestHandler closed = new AdvUnlearnRequestHandler(service, traced,
                Keyring.of(AccessKey.of(Optional.empty(), Optional.empty(), "token", "token-file")));
        for (String authorization : new String[] {"", "Bearer ", "Bearer null", "Bearer " + TOKEN}) {
            assertThat(new ServerChannel(closed).send("GET", "/admin/advunlearn/pipelines", "", Map.of("Authorization", authorization)).receive()
                    .status()).isEqualTo(401);
        }
    }

    @Test
    void swapsAndRollsBack() {
        for (String id : List.of("first", "second")) {
            Received made = admin("POST", "/encoders", "{\"id\": \"" + id + "\", \"folder\": \"" + id + "\"}");
            assertThat(made.status()).isEqualTo(201);
            assertThat(made.headers()).containsEntry("Location", "/admin/advunlearn/encoders/" + id);
        }
        assertThat(json(admin("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"first\"}")).at("/encoder").asText()).isEqualTo("first");
        Received swapped = admin("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"second\"}");
        assertThat(json(swapped).at("/previous").asText()).isEqualTo("first");
        assertThat(draw("{\"prompt\": \"a dog\"}").headers().get("X-Encoder-Version")).startsWith("second@");
        assertThat(admin("POST", "/pipelines/emoji-sd/text-encoder/rollback", "").status()).isEqualTo(200);
        assertThat(active()).isEqualTo("first");
        assertThat(admin("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\"}").status()).isEqualTo(200);
        assertThat(admin("GET", "/encoders", "").text()).contains("first", "second");
        assertThat(json(admin("GET", "/encoders/first", "")).at("/id").asText()).isEqualTo("first");
        assertThat(admin("GET", "/audit", "").text()).contains("rollback");
    }

    @Test
    void erasesAndServesTheCandidateOnlyAfterItsPromotion() {
        String before = active();
        Received accepted = admin("POST", "/erasures", "{\"concept\": \"church\", \"seed\": 3, \"settings\": " + EncoderFixture.TINY_ERASURE + "}");
        assertThat(accepted.status()).isEqualTo(202);
        String job = "/erasures/" + json(accepted).at("/id").asText();
        assertThat(accepted.headers()).containsEntry("Location", "/admin/advunlearn" + job);

        ServerChannel stream = new ServerChannel(handler).send("GET", "/admin/advunlearn" + job + "/events", "",
                Map.of("Authorization", "bearer " + TOKEN));
        Received events = stream.receive();
        assertThat(events.headers()).containsEntry("Content-Type", "text/event-stream");
        assertThat(events.text()).contains("event: state\n").contains("event: progress\n").contains("\"phase\":\"adversarial\"").endsWith("\n\n");
        assertThat(events.text().strip().lines().reduce((first, second) -> second).orElseThrow()).contains("succeeded");
        assertThat(stream.awaitClosed()).isTrue();

        assertThat(json(admin("GET", job, "")).at("/state").asText()).isEqualTo("succeeded");
        assertThat(active()).isEqualTo(before);
        assertThat(admin("POST", job + "/promotion", "").status()).isEqualTo(200);
        assertThat(active()).isEqualTo(json(accepted).at("/id").asText());
        assertThat(admin("POST", job + "/resume", "").status()).isEqualTo(409);
        assertThat(admin("DELETE", job, "").status()).isEqualTo(409);
        assertThat(admin("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\"}").status()).isEqualTo(200);
        goesOnWhereAClientBrokeOff(job, events.text());
    }

    private static void goesOnWhereAClientBrokeOff(String job, String all) {
        String id = all.lines().filter(line -> line.startsWith("id: ")).skip(1).findFirst().orElseThrow().substring("id: ".length());
        String rest = call("GET", "/admin/advunlearn" + job + "/events", "", Map.of("Authorization", "Bearer " + TOKEN, "Last-Event-ID", id)).text();
        assertThat(all).endsWith(rest).isNotEqualTo(rest);
        assertThat(rest).isNotEmpty();
    }

    @Test
    void evaluatesAnEncoder() {
        Received accepted = admin("POST", "/evaluations", """
                {"encoder": "base", "concept": "church", "attacks": ["plain"], "retention": false, "seed": 1,
                 "budget": {"steps": 8, "pairs": 2, "tries": 16, "diffPrompts": 0}}""");
        assertThat(accepted.status()).isEqualTo(202);
        String job = "/evaluations/" + json(accepted).at("/id").asText();
        assertThat(admin("GET", job + "/events", "").text()).contains("\"stage\":\"plain\"");
        assertThat(json(admin("GET", job, "")).at("/report/attacks/0/name").asText()).isEqualTo("plain");
        assertThat(admin("GET", job + "/contact-sheet.png", "").headers()).containsEntry("Content-Type", "image/png");
        Received page = admin("GET", job + "/report.html", "");
        assertThat(page.headers().get("Content-Type")).startsWith("text/html");
        assertThat(page.headers().get("Content-Security-Policy")).contains("default-src 'none'");
        assertThat(page.text()).contains("reach &quot;church&quot;");
        assertThat(admin("GET", "/evaluations", "").text()).contains(json(accepted).at("/id").asText());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /erasures/nothing", "GET /erasures/nothing/events", "GET /pipelines/nothing", "GET /encoders/nothing",
        "GET /evaluations/nothing/contact-sheet.png", "GET /schemas/nothing", "GET /evaluations/nothing/report.html", "GET /erasures/nothing/report.html", "GET /nothing/at/all", "GET /", "DELETE /encoders/base", "PUT /audit", "GET /audit/x",
        "PATCH /pipelines", "GET /pipelines/emoji-sd/x"})
    void whatThereIsNotIsAProblem(String request) {
        String[] parts = request.split(" ");
        Received answer = admin(parts[0], parts[1], "");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.headers()).containsEntry("Content-Type", "application/problem+json");
        assertThat(json(answer).at("/detail").asText()).isNotEmpty();
    }

    @Test
    void keepsNothingOfTheServersMemory() {
        ServerChannel channel = new ServerChannel(handler).send("POST", "/v1/images/generations", "{\"prompt\": \"a dog\"}", Map.of());
        assertThat(channel.references()).isZero();
        assertThat(channel.receive().status()).isEqualTo(200);
    }

    @Test
    void keepsTheConnectionUnlessTheClientWantsItClosed() {
        ServerChannel kept = new ServerChannel(handler).send("GET", "/v1/models", "", Map.of());
        kept.receive();
        assertThat(kept.isOpen()).isTrue();
        ServerChannel closed = new ServerChannel(handler).send("GET", "/v1/models", "", Map.of("Connection", "close"));
        assertThat(closed.receive().headers()).containsEntry("Connection", "close");
        assertThat(closed.awaitClosed()).isTrue();
    }
}
