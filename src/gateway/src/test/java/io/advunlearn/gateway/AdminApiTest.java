package io.advunlearn.gateway;

import static io.advunlearn.gateway.TestGateway.KEY;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.advunlearn.service.access.KeysFile;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Import, swap, rollback, erase, promote, and everybody who may not. */
@QuarkusTest
@TestProfile(AdminApiTest.Imports.class)
class AdminApiTest {

    static final Path WORK = Path.of("target", "admin-api-test-" + UUID.randomUUID());

    public static final class Imports implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.advunlearn.import-directory", WORK.resolve("imports").toString(), "quarkus.advunlearn.registry-directory",
                    WORK.resolve("registry").toString(), "quarkus.advunlearn.access.keys-file", keysFile().toString());
        }

        private static Path keysFile() {
            try {
                Path file = Files.createDirectories(WORK).resolve("keys.json");
                new KeysFile(file).change(keys -> keys);
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    private String admin(String path) {
        return TestGateway.admin(management, path);
    }

    private ValidatableResponse send(String method, String path, String body) {
        return TestGateway.admin().body(body).request(method, admin(path)).then();
    }

    private String active() {
        return TestGateway.admin().get(admin("/pipelines/emoji-sd/text-encoder")).then().statusCode(200).extract().path("active.encoder");
    }

    private String imported(float factor, String erasures) throws IOException {
        String id = "scaled-" + UUID.randomUUID();
        EncoderFixture.scaled(WORK.resolve("imports").resolve(id), factor);
        send("POST", "/encoders", "{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}").statusCode(201)
                .header("Location", containsString("/admin/advunlearn/encoders/" + id));
        return id;
    }

    @ParameterizedTest
    @CsvSource({"GET,/encoders", "GET,/encoders/base", "POST,/encoders", "DELETE,/encoders/x", "GET,/encoders/x/lineage", "GET,/encoders/x/files/config.json",
        "PUT,/encoders/x/labels/keep", "DELETE,/encoders/x/labels/keep", "GET,/uploads", "POST,/uploads", "GET,/uploads/x", "DELETE,/uploads/x", "PUT,/uploads/x/files/config.json?offset=0",
        "GET,/uploads/x/files/config.json", "POST,/uploads/x/complete", "GET,/registry/verify", "POST,/registry/gc", "POST,/pipelines/emoji-sd/text-encoder",
        "GET,/pipelines/emoji-sd/text-encoder/checksum", "GET,/pipelines", "GET,/pipelines/emoji-sd/text-encoder",
        "PUT,/pipelines/emoji-sd/text-encoder", "POST,/pipelines/emoji-sd/text-encoder/rollback", "POST,/erasures", "GET,/erasures",
        "GET,/erasures/x", "GET,/erasures/x/events", "DELETE,/erasures/x", "POST,/erasures/x/resume", "POST,/erasures/x/promotion",
        "POST,/evaluations", "GET,/evaluations", "GET,/audit", "GET,/nothing", "GET,''"})
    void withoutTheKeyNothingAnswersAndNothingChanges(String method, String path) {
        String before = active();
        for (String key : new String[] {null, "", "wrong", KEY + "x", KEY.substring(1), KEY.toUpperCase()}) {
            var request = key == null ? given() : given().header("X-API-Key", key);
            request.body("{\"encoder\": \"base\", \"concept\": \"church\"}").request(method, admin(path)).then().statusCode(401)
                    .contentType("application/problem+json");
        }
        assertThat(active()).isEqualTo(before);
        TestGateway.admin().get(admin("/erasures")).then().body("erasures.findAll { it.request.concept == 'church' && it.request.seed == 0 }.size()", equalTo(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin/advunlearn/encoders", "//admin/advunlearn/encoders", "/x/../admin/advunlearn/encoders",
        "/%61dmin/advunlearn/encoders", "/admin;x=1/advunlearn/encoders", "/admin/advunlearn/encoders;x=1", "/q/health", "/q/metrics"})
    void thePublicPortKnowsNoAdminPath(String path) {
        given().header("X-API-Key", KEY).urlEncodingEnabled(false).get(path).then().statusCode(404);
    }

    /** As {@code curl -d} sends it; the decoder of forms would take 2 KB. */
    @ParameterizedTest
    @CsvSource({"HTTP_1_1,application/json", "HTTP_1_1,application/x-www-form-urlencoded", "HTTP_1_1,multipart/form-data",
        "HTTP_1_1,multipart/form-data; boundary=x", "HTTP_2,application/json", "HTTP_2,application/x-www-form-urlencoded"})
    void readsJsonWhateverItIsCalled(HttpClient.Version version, String type) throws Exception {
        String body = "{\"encoder\": \"base\"" + " ".repeat(20_000) + "}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(admin("/pipelines/emoji-sd/text-encoder"))).header("X-API-Key", KEY)
                .header("Content-Type", type).PUT(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> answer = HttpClient.newBuilder().version(version).build().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void swapsAndRollsBack() throws IOException {
        String first = imported(1.01f, "[]");
        String second = imported(1.02f, "[\"church\"]");
        send("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"" + first + "\"}").statusCode(200).body("encoder", equalTo(first));
        send("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"" + second + "\"}").statusCode(200).body("previous", equalTo(first));
        given().contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then()
                .statusCode(200).header("X-Encoder-Version", startsWith(second + "@")).body("encoder.id", equalTo(second));
        TestGateway.admin().post(admin("/pipelines/emoji-sd/text-encoder/rollback")).then().statusCode(200).body("encoder", equalTo(first));
        assertThat(active()).isEqualTo(first);
        send("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\"}").statusCode(200);
        TestGateway.admin().get(admin("/audit")).then().statusCode(200).body("audit.action", hasItem("rollback"));
        TestGateway.admin().get(admin("/encoders")).then().body("encoders.id", hasItem(second));
        TestGateway.admin().get(admin("/encoders/" + second)).then().body("erasures", equalTo(List.of("church")))
                .body("architecture", equalTo("CLIPTextModel"));
        TestGateway.admin().get(admin("/pipelines/emoji-sd/text-encoder")).then().body("$", not(hasKey("active_text_encoder_2")))
                .body("desired", not(hasKey("text_encoder_2")));
    }

    @Test
    void aSwapIsTriedAndMemoryIsCompared() throws IOException {
        String id = imported(1.03f, "[]");
        String before = active();
        String path = "/pipelines/emoji-sd/text-encoder";
        send("POST", path, "{\"encoder\": \"" + id + "\", \"dry_run\": true}").statusCode(200).body("dryRun", equalTo(true))
                .body("stages.name", equalTo(List.of("load", "verify")));
        assertThat(active()).isEqualTo(before);
        send("POST", path, "{\"encoder\": \"" + id + "\"}").statusCode(200).body("stages.name", equalTo(List.of("load", "verify", "commit", "flip", "drain")));
        TestGateway.admin().get(admin(path + "/checksum")).then().statusCode(200).body("encoder", equalTo(id)).body("matches", equalTo(true));
        TestGateway.admin().get(admin("/encoders/" + id)).then().body("referencePrompt", containsString("astronaut"));
        send("PUT", path, "{\"encoder\": \"base\"}").statusCode(200);
        TestGateway.admin().get(admin(path + "/checksum")).then().statusCode(200).body("encoder", equalTo("base")).body("matches", equalTo(true));
    }

    private static HttpResponse<String> put(URI uri, String key, byte[] part, boolean lengthIsTold) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher body = lengthIsTold ? HttpRequest.BodyPublishers.ofByteArray(part)
                : HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(part));
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1).PUT(body);
        return HttpClient.newHttpClient().send((key == null ? request : request.header("X-API-Key", key)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A part is larger than any other body that the management port takes, and comes only with the key. */
    @Test
    void anEncoderIsUploadedInPartsAndDownloadedAgain() throws Exception {
        String id = "uploaded-" + UUID.randomUUID();
        Path folder = EncoderFixture.scaled(WORK.resolve("imports").resolve(id), 1.04f);
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));
        byte[] config = Files.readAllBytes(folder.resolve("config.json"));
        String upload = send("POST", "/uploads", "{\"id\": \"%s\", \"files\": [%s, %s, {\"name\": \"large.safetensors\", \"size\": 50000000, \"sha256\": \"%s\"}]}"
                .formatted(id, announced("config.json", config), announced("model.safetensors", weights), "0".repeat(64))).statusCode(201).extract().path("upload");
        String files = admin("/uploads/" + upload + "/files/");
        for (String key : new String[] {null, "wrong"}) {
            assertThat(put(URI.create(files + "config.json?offset=0"), key, config, true).statusCode()).isEqualTo(401);
        }
        assertThat(put(URI.create(files + "config.json"), KEY, config, true).statusCode()).isEqualTo(400);
        assertThat(put(URI.create(files + "config.json?offset=0"), KEY, config, false).statusCode()).isEqualTo(411);
        assertThat(put(URI.create(files + "large.safetensors?offset=0"), KEY, new byte[(32 << 20) + 1], true).statusCode()).isEqualTo(413);
        assertThat(put(URI.create(files + "large.safetensors?offset=0"), KEY, new byte[32 << 20], true).statusCode()).isEqualTo(200);
        assertThat(put(URI.create(admin("/uploads/nothing/files/config.json?offset=0")), KEY, config, true).statusCode()).isEqualTo(404);
        TestGateway.admin().head(files + "config.json").then().statusCode(200).header("Upload-Offset", "0");

        assertThat(put(URI.create(files + "config.json?offset=0"), KEY, config, true).statusCode()).isEqualTo(200);
        int half = weights.length / 2;
        assertThat(put(URI.create(files + "model.safetensors?offset=0"), KEY, java.util.Arrays.copyOf(weights, half), true).body()).contains("\"received\":" + half);
        HttpResponse<String> again = put(URI.create(files + "model.safetensors?offset=0"), KEY, weights, true);
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("has " + half + " bytes here");
        TestGateway.admin().get(admin("/uploads/" + upload)).then().body("files[1].received", equalTo(half));
        assertThat(put(URI.create(files + "model.safetensors?offset=" + half), KEY, java.util.Arrays.copyOfRange(weights, half, weights.length), true).statusCode())
                .isEqualTo(200);
        send("POST", "/uploads/" + upload + "/complete", "").statusCode(409).body("detail", containsString("large.safetensors has 33554432 of 50000000 bytes"));
        TestGateway.admin().delete(admin("/uploads/" + upload)).then().statusCode(200);
        TestGateway.admin().get(admin("/uploads")).then().body("uploads", equalTo(List.of()));

        String second = send("POST", "/uploads", "{\"id\": \"%s\", \"files\": [%s, %s]}".formatted(id, announced("config.json", config),
                announced("model.safetensors", weights))).statusCode(201).extract().path("upload");
        assertThat(put(URI.create(admin("/uploads/" + second + "/files/config.json?offset=0")), KEY, config, true).statusCode()).isEqualTo(200);
        assertThat(put(URI.create(admin("/uploads/" + second + "/files/model.safetensors?offset=0")), KEY, weights, true).statusCode()).isEqualTo(200);
        send("POST", "/uploads/" + second + "/complete", "").statusCode(201).body("id", equalTo(id));
        byte[] downloaded = TestGateway.admin().get(admin("/encoders/" + id + "/files/model.safetensors")).then().statusCode(200)
                .contentType("application/octet-stream").extract().asByteArray();
        assertThat(downloaded).isEqualTo(weights);
        TestGateway.admin().get(admin("/encoders/" + id + "/files/report.json")).then().statusCode(404);
        given().header("X-API-Key", KEY).body(config).put("/admin/advunlearn/uploads/" + second + "/files/config.json?offset=0").then().statusCode(404);
    }

    private static String announced(String name, byte[] content) throws Exception {
        return "{\"name\": \"%s\", \"size\": %d, \"sha256\": \"%s\"}".formatted(name, content.length,
                java.util.HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(content)));
    }

    @Test
    void encodersAreLabelledTracedBackAndDeleted() throws IOException {
        String id = imported(1.05f, "[\"church\"]");
        send("PUT", "/encoders/" + id + "/labels/stage", "{\"value\": \"golden\"}").statusCode(200);
        TestGateway.admin().queryParam("label", "stage=golden").get(admin("/encoders")).then().body("encoders.id", equalTo(List.of(id)));
        TestGateway.admin().get(admin("/encoders/" + id + "/lineage")).then().statusCode(200).body("chain[0].method", equalTo("imported"));
        send("PUT", "/encoders/" + id + "/labels/keep", "{\"value\": \"true\"}").statusCode(200);
        TestGateway.admin().delete(admin("/encoders/" + id)).then().statusCode(409).body("detail", containsString("it has the label keep=true"));
        TestGateway.admin().delete(admin("/encoders/" + id + "/labels/keep")).then().statusCode(200);
        TestGateway.admin().get(admin("/registry/verify")).then().statusCode(200).body("findings.what", hasItem("encoder " + id));
        send("POST", "/registry/gc", "{}").statusCode(200).body("dryRun", equalTo(true));
        TestGateway.admin().delete(admin("/encoders/" + id)).then().statusCode(200);
        TestGateway.admin().get(admin("/encoders/" + id)).then().statusCode(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "PUT  | /pipelines/emoji-sd/text-encoder | {}                                          | 400 | encoder",
        "PUT  | /pipelines/emoji-sd/text-encoder | {\"encoder\": \"nothing\"}                  | 400 | encoder",
        "PUT  | /pipelines/emoji-sd/text-encoder | {\"encoder\": \"base\", \"weaken\": \"yes\"} | 400 | weaken",
        "PUT  | /pipelines/emoji-sd/text-encoder | {\"encoder\": \"base\", \"force\": true}    | 400 | force",
        "PUT  | /pipelines/emoji-sd/text-encoder | {\"text_encoder_2\": \"base\"}              | 400 | text_encoder_2",
        "PUT  | /pipelines/emoji-sd/text-encoder | {\"encoder\": \"base\", \"text_encoder_2\": \"x\"} | 400 | text_encoder_2",
        "POST | /encoders | {\"id\": \"x\", \"folder\": \"..\"}                                | 400 | folder",
        "POST | /encoders | {\"id\": \"x\", \"folder\": \"/etc\"}                              | 400 | folder",
        "POST | /encoders | {\"id\": \"x\", \"folder\": \"../registry/encoders\"}              | 400 | folder",
        "POST | /encoders | {\"id\": \"x\", \"folder\": \"missing\"}                           | 400 | folder",
        "POST | /erasures | {\"kind\": \"object\"}                                             | 400 | concept",
        "POST | /erasures | {\"concept\": \"church\", \"promote\": \"always\"}                 | 400 | promote",
        "POST | /erasures | {\"concept\": \"church\", \"pipeline\": \"other\"}                 | 400 | pipeline",
        "POST | /evaluations | {\"concept\": \"church\", \"encoder\": \"nothing\"}             | 400 | encoder"})
    void saysWhichFieldIsWrong(String method, String path, String body, int status, String field) {
        send(method, path, body).statusCode(status).contentType("application/problem+json").body("field", equalTo(field))
                .body("status", equalTo(status)).body("detail", containsString(field));
    }

    @Test
    void refusesWhatAnErasureCannotDoByName() {
        send("POST", "/erasures", "{\"concept\": \"church\", \"settings\": {\"iterationz\": 3}}").statusCode(400).body("detail", containsString("iterationz"));
        send("POST", "/erasures", "{\"concept\": \"church\", \"settings\": {\"layers\": [9]}}").statusCode(400)
                .body("detail", equalTo("layers must be between 0 and 3, not 9"));
        send("POST", "/erasures", "{\"concept\": \"church\", \"method\": \"magic\"}").statusCode(400).body("detail", containsString("advunlearn"));
        send("POST", "/evaluations", "{\"concept\": \"church\", \"encoder\": \"base\", \"attacks\": [\"magic\"]}").statusCode(400)
                .body("detail", containsString("plain"));
    }

    @Test
    void aDamagedEncoderIsRefusedAndTheOldOneServes() throws IOException {
        String before = active();
        Path folder = EncoderFixture.scaled(WORK.resolve("imports").resolve("damaged"), 1);
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));
        Files.write(folder.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, weights.length - 100));
        send("POST", "/encoders", "{\"id\": \"damaged\", \"folder\": \"damaged\"}").statusCode(422).contentType("application/problem+json")
                .body("detail", not(containsString("Exception")));
        TestGateway.admin().get(admin("/encoders")).then().body("encoders.id", not(hasItem("damaged")));
        assertThat(active()).isEqualTo(before);
    }

    @Test
    void erasesAndServesTheCandidateOnlyAfterItsPromotion() throws Exception {
        String before = active();
        ValidatableResponse accepted = send("POST", "/erasures",
                "{\"concept\": \"church\", \"seed\": 3, \"settings\": " + EncoderFixture.TINY_ERASURE + "}").statusCode(202);
        String id = accepted.extract().path("id");
        accepted.header("Location", containsString("/admin/advunlearn/erasures/" + id));

        List<String> events = events(id);
        assertThat(events).anyMatch(line -> line.contains("\"phase\":\"warmup\"")).anyMatch(line -> line.contains("\"phase\":\"adversarial\""));
        assertThat(events.get(events.size() - 1)).contains("succeeded");
        TestGateway.admin().get(admin("/erasures/" + id)).then().body("state", equalTo("succeeded")).body("result.encoder", equalTo(id))
                .body("result.erasures", equalTo(List.of("church"))).body("request", not(org.hamcrest.Matchers.hasKey("principal")));
        assertThat(active()).isEqualTo(before);

        TestGateway.admin().post(admin("/erasures/" + id + "/promotion")).then().statusCode(200).body("encoder", equalTo(id));
        assertThat(active()).isEqualTo(id);
        TestGateway.admin().post(admin("/erasures/" + id + "/resume")).then().statusCode(409);
        TestGateway.admin().delete(admin("/erasures/" + id)).then().statusCode(409);
        send("PUT", "/pipelines/emoji-sd/text-encoder", "{\"encoder\": \"base\"}").statusCode(200);
    }

    /** The data lines of the whole event stream, which ends with the job. */
    private List<String> events(String id) throws IOException, InterruptedException {
        HttpResponse<String> stream = HttpClient.newHttpClient().send(
                HttpRequest.newBuilder(URI.create(admin("/erasures/" + id + "/events"))).header("X-API-Key", KEY).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.headers().firstValue("Content-Type")).hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
        return stream.body().lines().filter(line -> line.startsWith("data:")).toList();
    }

    @Test
    void cancelsAndResumes() throws Exception {
        String id = send("POST", "/erasures", "{\"concept\": \"church\", \"seed\": 4, \"settings\": "
                + EncoderFixture.TINY_ERASURE.replace("\"iterations\": 4", "\"iterations\": 40") + "}").statusCode(202).extract().path("id");
        TestGateway.await("some progress", () -> TestGateway.admin().get(admin("/erasures/" + id)).body().asString().contains("\"phase\":\"warmup\"")
                || TestGateway.admin().get(admin("/erasures/" + id)).body().asString().contains("\"phase\":\"adversarial\""));
        TestGateway.admin().post(admin("/erasures/" + id + "/promotion")).then().statusCode(409);
        TestGateway.admin().delete(admin("/erasures/" + id)).then().statusCode(202);
        awaitState(id, "cancelled");
        TestGateway.admin().post(admin("/erasures/" + id + "/resume")).then().statusCode(202);
        TestGateway.admin().delete(admin("/erasures/" + id)).then().statusCode(202);
        awaitState(id, "cancelled");
    }

    private void awaitState(String id, String state) throws InterruptedException {
        TestGateway.await(state, () -> state.equals(TestGateway.admin().get(admin("/erasures/" + id)).then().extract().<String>path("state")));
    }

    @Test
    void evaluatesAnEncoder() throws Exception {
        String id = send("POST", "/evaluations", """
                {"encoder": "base", "concept": "church", "attacks": ["plain"], "retention": false, "seed": 1,
                 "budget": {"steps": 8, "pairs": 2, "tries": 16, "diffPrompts": 0}}""").statusCode(202).extract().path("id");
        TestGateway.await("the evaluation", () -> "succeeded".equals(TestGateway.admin().get(admin("/evaluations/" + id)).then().extract().path("state")));
        TestGateway.admin().get(admin("/evaluations/" + id)).then().statusCode(200).body("report.attacks[0].name", equalTo("plain"))
                .body("report.request.budget.pairs", equalTo(2)).body("result.attack_success_rates.plain.trials", equalTo(2));
        TestGateway.admin().get(admin("/evaluations/" + id + "/contact-sheet.png")).then().statusCode(200).contentType("image/png");
        TestGateway.admin().get(admin("/evaluations/" + id + "/report.html")).then().statusCode(200).contentType("text/html")
                .header("Content-Security-Policy", containsString("default-src 'none'")).body(containsString("reach &quot;church&quot;"));
        TestGateway.admin().get(admin("/evaluations/" + id + "/events")).then().statusCode(200).body(containsString("\"stage\":\"plain\""));
        // no event ends there: all of them come
        TestGateway.admin().header("Last-Event-ID", "20").get(admin("/evaluations/" + id + "/events")).then().statusCode(200)
                .body(containsString("\"state\":\"queued\"")).body(containsString("\"stage\":\"plain\""));
    }

    @Test
    void whatThereIsNotIsAProblem() {
        TestGateway.admin().get(admin("/erasures/nothing")).then().statusCode(404).contentType("application/problem+json");
        TestGateway.admin().get(admin("/erasures/nothing/events")).then().statusCode(404).contentType("application/problem+json");
        TestGateway.admin().get(admin("/pipelines/nothing/text-encoder")).then().statusCode(404).body("detail", containsString("emoji-sd"));
        TestGateway.admin().get(admin("/nothing/at/all")).then().statusCode(404).contentType("application/problem+json");
    }
}
