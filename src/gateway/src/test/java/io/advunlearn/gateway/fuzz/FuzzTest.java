package io.advunlearn.gateway.fuzz;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.gateway.EncoderFixture;
import io.advunlearn.gateway.TestGateway;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nonsense for both ports, by the document that the application itself gives: whatever becomes an operation is asked for. {@code -Dfuzz.seed} chooses other
 * nonsense.
 */
@QuarkusTest
@TestProfile(FuzzTest.OwnRegistry.class)
class FuzzTest {

    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final int SHOWN = 8;
    private static final Path WORK = Path.of("target", "fuzz-" + UUID.randomUUID());

    /** What is promoted and deleted by chance is nobody else's. */
    public static final class OwnRegistry implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.advunlearn.import-directory", WORK.resolve("imports").toString(),
                    "quarkus.advunlearn.registry-directory", WORK.resolve("registry").toString());
        }
    }

    @TestHTTPResource("/")
    URL open;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    @Test
    void nothingBreaksAndNothingIsTold() throws Exception {
        fuzz(500);
    }

    @Test
    @Tag("slow")
    void notEvenInTenThousandRequests() throws Exception {
        fuzz(10_000);
    }

    private void fuzz(int requests) throws Exception {
        RandomRequests random = new RandomRequests(operations(), known(), SEED);
        AnswerRules rules = new AnswerRules(List.of(TestGateway.KEY, Path.of("").toAbsolutePath().toString(), System.getProperty("java.home"),
                System.getProperty("user.home") + "/",
                "root:x:0"));
        Map<Integer, Integer> statuses = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        Set<String> asked = new HashSet<>();
        try (LoggedFailures logged = new LoggedFailures()) {
            for (int i = 0; i < requests; i++) {
                RandomRequests.Request request = random.next();
                RawHttp.Answer answer = RawHttp.send(request.admin() ? management.getPort() : open.getPort(), request.bytes(), request.truncated());
                try {
                    rules.check(request, answer);
                } catch (AssertionError e) {
                    failures.add(e.getMessage());
                }
                statuses.merge(answer.status(), 1, Integer::sum);
                asked.add(request.operation().method() + " " + request.operation().path());
            }
            assertThat(failures.stream().limit(SHOWN)).as("%d of %d answers to seed %d are wrong, the first of them", failures.size(), requests, SEED).isEmpty();
            assertThat(logged.found().stream().limit(SHOWN)).as("%d stack traces in the log after seed %d", logged.found().size(), SEED).isEmpty();
        }
        assertThat(asked).isEqualTo(operations().stream().map(each -> each.method() + " " + each.path()).collect(Collectors.toSet()));
        // the nonsense is neither all refused nor all accepted
        assertThat(statuses).containsKeys(200, 400, 401, 404);
        assertThat(statuses.get(200)).isGreaterThan(requests / 20);
        given().contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/%zz", "/v1/models/%", "/%", "/admin/advunlearn/encoders/%2", "/admin/advunlearn/uploads/%zz/files/config.json?offset=0",
        "/admin/advunlearn/uploads/x/files/config.json?offset=%zz", "/q/health?%"})
    void brokenEscapesAreRefusedAndNotLogged(String path) throws IOException {
        boolean admin = !path.startsWith("/v1/");
        try (LoggedFailures logged = new LoggedFailures()) {
            RawHttp.Answer answer = RawHttp.send(admin ? management.getPort() : open.getPort(), ("PUT " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Length: 1\r\nConnection: close\r\n\r\n1").getBytes(StandardCharsets.US_ASCII), false);
            assertThat(answer.status()).isEqualTo(400);
            if (admin) {
                assertThat(new ObjectMapper().readTree(answer.body()).path("detail").asText()).contains("two hexadecimal digits");
                assertThat(answer.headers()).containsEntry("x-content-type-options", "nosniff");
            } else {
                assertThat(answer.body()).as("Quarkus answers before any route").isEmpty();
            }
            assertThat(logged.found()).isEmpty();
        }
    }

    private List<Operation> operations() throws IOException {
        List<Operation> operations = new ArrayList<>(Operation.read(new ObjectMapper().readTree(given().accept("application/json").queryParam("format", "json")
                .get(TestGateway.management(management, "/q/openapi")).then().statusCode(200).extract().asByteArray())));
        // the document tells of them in words, since no annotations do
        operations.add(Operation.undescribed("PUT", TestGateway.ADMIN + "/uploads/{id}/files/{name}", "offset"));
        operations.add(Operation.undescribed("GET", "/v1/{anything}"));
        operations.add(Operation.undescribed("GET", "/console/{anything}"));
        return operations;
    }

    /** Names of an encoder and of jobs that there are. */
    private List<String> known() throws IOException, InterruptedException {
        String encoder = "fuzzed-" + UUID.randomUUID();
        EncoderFixture.scaled(WORK.resolve("imports").resolve(encoder), 1.01f);
        start("/encoders", 201, "{\"id\": \"" + encoder + "\", \"folder\": \"" + encoder + "\"}");
        String evaluation = "/evaluations/" + start("/evaluations", 202, "{\"encoder\": \"base\", \"concept\": \"church\", \"attacks\": [\"plain\"], "
                + "\"retention\": false, \"budget\": {\"steps\": 8, \"pairs\": 2, \"tries\": 16, \"diffPrompts\": 0}}");
        String erasure = "/erasures/" + start("/erasures", 202, "{\"concept\": \"church\", \"settings\": " + EncoderFixture.TINY_ERASURE + "}");
        cancelJobs("erasures");
        TestGateway.await(evaluation, () -> "succeeded".equals(TestGateway.admin().get(TestGateway.admin(management, evaluation)).path("state")));
        return List.of("emoji-sd", encoder, name(evaluation), name(erasure), "config.json", "evaluation-report.json", "keep", "*");
    }

    private String start(String path, int status, String body) {
        return TestGateway.admin().body(body).post(TestGateway.admin(management, path)).then().statusCode(status).extract().path("id");
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whatever was asked for by chance: an erasure may have any concept. */
    @AfterEach
    void cancelJobs() {
        cancelJobs("erasures");
        cancelJobs("evaluations");
    }

    private void cancelJobs(String kind) {
        List<String> unfinished = TestGateway.admin().get(TestGateway.admin(management, "/" + kind))
                .path(kind + ".findAll { it.state == 'running' || it.state == 'queued' }.id");
        unfinished.forEach(id -> TestGateway.admin().delete(TestGateway.admin(management, "/" + kind + "/" + id)));
    }
}
