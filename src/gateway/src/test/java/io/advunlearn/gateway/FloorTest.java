package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A pipeline that requires an erasure, from its start without one to an administrator's explicit weakening. */
@QuarkusTest
@TestProfile(FloorTest.RequiresChurch.class)
class FloorTest {

    private static final Path WORK = Path.of("target", "floor-test-" + UUID.randomUUID());

    public static final class RequiresChurch implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.advunlearn.pipelines.emoji-sd.required-erasures", "Church", "quarkus.advunlearn.import-directory",
                    WORK.resolve("imports").toString(), "quarkus.advunlearn.registry-directory", WORK.resolve("registry").toString());
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    private ValidatableResponse draw() {
        return given().contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then();
    }

    private ValidatableResponse put(String body) {
        return TestGateway.admin().body(body).put(TestGateway.admin(management, "/pipelines/emoji-sd/text-encoder")).then();
    }

    private String imported(float factor, String erasures) throws IOException {
        String id = "scaled-" + UUID.randomUUID();
        EncoderFixture.scaled(WORK.resolve("imports").resolve(id), factor);
        TestGateway.admin().body("{\"id\": \"" + id + "\", \"folder\": \"" + id + "\", \"erasures\": " + erasures + "}")
                .post(TestGateway.admin(management, "/encoders")).then().statusCode(201);
        return id;
    }

    @Test
    void refusesToServeBelowTheFloor() throws Exception {
        TestGateway.await("loaded", () -> TestGateway.admin().get(TestGateway.admin(management, "/pipelines/emoji-sd/text-encoder")).statusCode() == 200);
        String weak = imported(1.01f, "[\"pizza\"]");
        String robust = imported(1.02f, "[\"pizza\", \"church\"]");

        draw().statusCode(503).body("error.code", equalTo("encoder_unavailable"));
        given().get(TestGateway.management(management, "/q/health/ready")).then().statusCode(503);
        given().get(TestGateway.management(management, "/q/health/live")).then().statusCode(200);

        put("{\"encoder\": \"base\"}").statusCode(409).body("detail", containsString("church"));
        put("{\"encoder\": \"" + weak + "\"}").statusCode(409).body("detail", containsString("church"));
        draw().statusCode(503);

        put("{\"encoder\": \"" + robust + "\"}").statusCode(200);
        draw().statusCode(200).body("encoder.id", equalTo(robust));
        put("{\"encoder\": \"" + weak + "\"}").statusCode(409);
        TestGateway.admin().post(TestGateway.admin(management, "/pipelines/emoji-sd/text-encoder/rollback")).then().statusCode(409);
        draw().statusCode(200).body("encoder.id", equalTo(robust));
        given().get(TestGateway.management(management, "/q/health/ready")).then().statusCode(200);

        put("{\"encoder\": \"" + weak + "\", \"weaken\": true}").statusCode(200);
        draw().statusCode(200).body("encoder.id", equalTo(weak));
        TestGateway.admin().get(TestGateway.admin(management, "/audit")).then().body("audit.action", hasItem("weaken"));
    }
}
