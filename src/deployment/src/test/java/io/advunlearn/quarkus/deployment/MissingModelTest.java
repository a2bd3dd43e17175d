package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.advunlearn.quarkus.TextToImage;
import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.net.URL;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pipeline whose model is not there: alive, not ready, and honest to clients without telling them paths. */
class MissingModelTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addClass(Host.class).addAsResource(new StringAsset("""
            quarkus.advunlearn.registry-directory=target/missing-registry
            quarkus.advunlearn.pipelines.ghost.model-directory=target/no-such-model
            """), "application.properties"));

    /** A resource of the application that draws and handles nothing. */
    @Path("/host")
    public static class Host {

        @Inject
        TextToImage textToImage;

        @GET
        @Produces("image/png")
        public Uni<byte[]> draw() {
            return textToImage.prompt("a church").generateUni().map(drawn -> drawn.image().png());
        }

        @GET
        @Path("/waiting")
        @Produces("image/png")
        public byte[] drawAndWait() {
            return textToImage.prompt("a church").generate().image().png();
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @Test
    void isAliveButNotReady() {
        String health = "http://localhost:" + management.getPort() + "/q/health";
        given().get(health + "/live").then().statusCode(200);
        given().get(health + "/ready").then().statusCode(503).body("checks.find { it.name == 'AdvUnlearn pipelines' }.data.ghost",
                equalTo("could not be loaded")).body(not(containsString("no-such-model")));
    }

    @Test
    void hasStartedSinceAnotherStartWouldNotHelp() {
        given().get("http://localhost:" + management.getPort() + "/q/health/started").then().statusCode(200).body("status", equalTo("UP"))
                .body(not(containsString("no-such-model")));
    }

    @Test
    void answers503InTheEnvelope() {
        given().body("{\"prompt\":\"a church\"}").contentType("application/json").post("/v1/images/generations").then().statusCode(503)
                .body("error.code", equalTo("model_not_ready")).body("error.message", not(containsString("no-such-model")));
    }

    @Test
    void aResourceOfTheApplicationAnswers503() {
        given().get("/host").then().statusCode(503).body(equalTo("model ghost could not be loaded"));
        given().get("/host/waiting").then().statusCode(503).body(equalTo("model ghost could not be loaded"));
    }

    @Test
    void stillListsTheModel() {
        given().get("/v1/models").then().statusCode(200).body("data[0].id", equalTo("ghost")).body("object", equalTo("list"));
        given().get("/v1/models/other").then().statusCode(404).body("error.code", equalTo("model_not_found"));
    }
}
