package io.advunlearn.gateway.fuzz;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.gateway.TestGateway;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nonsense for both ports. {@code -Dfuzz.seed} chooses other nonsense. */
@QuarkusTest
class FuzzTest {

    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final int SHOWN = 8;

    @TestHTTPResource("/")
    URL open;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    @Test
    void nothingBreaksAndNothingIsTold() throws IOException {
        fuzz(400);
    }

    @Test
    @Tag("slow")
    void notEvenInTenThousandRequests() throws IOException {
        fuzz(10_000);
    }

    private void fuzz(int requests) throws IOException {
        RandomRequests random = new RandomRequests(Operation.read("/fuzz/openapi.yaml"), SEED);
        AnswerRules rules = new AnswerRules(List.of(TestGateway.KEY, Path.of("").toAbsolutePath().toString(), System.getProperty("java.home"),
                System.getProperty("user.home") + "/",
                "root:x:0"));
        Map<Integer, Integer> statuses = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            RandomRequests.Request request = random.next();
            RawHttp.Answer answer = RawHttp.send(request.admin() ? management.getPort() : open.getPort(), request.bytes(), request.truncated());
            try {
                rules.check(request, answer);
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
            statuses.merge(answer.status(), 1, Integer::sum);
        }
        assertThat(failures.stream().limit(SHOWN)).as("%d of %d answers to seed %d are wrong, the first of them", failures.size(), requests, SEED).isEmpty();
        // the nonsense is neither all refused nor all accepted
        assertThat(statuses).containsKeys(200, 400, 401, 404);
        assertThat(statuses.get(200)).isGreaterThan(requests / 20);
        given().contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then()
                .statusCode(200);
    }

    /** Whatever was asked for by chance: an erasure may have any concept. */
    @AfterEach
    void cancelJobs() {
        for (String kind : List.of("erasures", "evaluations")) {
            List<String> unfinished = TestGateway.admin().get(TestGateway.admin(management, "/" + kind))
                    .path(kind + ".findAll { it.state == 'running' || it.state == 'queued' }.id");
            unfinished.forEach(id -> TestGateway.admin().delete(TestGateway.admin(management, "/" + kind + "/" + id)));
        }
    }
}
