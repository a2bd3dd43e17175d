package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.advunlearn.quarkus.test.AdvUnlearnTestResource;
import io.advunlearn.quarkus.test.AdvUnlearnTestSetup;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URL;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What applications get for their tests: here one whose pipeline has a floor and a model that is not there. */
@QuarkusTest
@TestProfile(ApplicationTestSetupTest.WithFloor.class)
@WithTestResource(value = AdvUnlearnTestResource.class, initArgs = {@ResourceArg(name = "pipelines", value = "postcards"), @ResourceArg(name = "erasures", value = "church, dog")})
class ApplicationTestSetupTest {

    /** Of the application in production. */
    public static class WithFloor implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.advunlearn.pipelines.postcards.required-erasures", "church");
        }
    }

    AdvUnlearnTestSetup setup;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    /** At once: the test began when the pipeline was loaded. */
    @Test
    void drawsWithTheEncoderThatMeetsTheFloor() {
        assertThat(setup.pipeline()).isEqualTo("postcards");
        given().contentType("application/json").body("{\"model\": \"postcards\", \"prompt\": \"a cat\"}").post("/v1/images/generations").then().statusCode(200)
                .body("encoder.id", equalTo(setup.secondEncoder()));
    }

    @Test
    void theKeyOpensTheAdminApiAndTheFloorHolds() {
        given().header("X-API-Key", setup.adminKey()).body("{\"encoder\": \"base\"}").put(setup.admin(management, "/pipelines/postcards/text-encoder"))
                .then().statusCode(409);
        given().get(setup.admin(management, "/encoders")).then().statusCode(401);
        assertThat(setup.model().resolve("unet/config.json")).isRegularFile();
        assertThat(setup.registry()).isDirectory();
    }
}
