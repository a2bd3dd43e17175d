package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import java.net.URL;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The key opens the admin API on the management port and nothing else, and touches no other request. */
class AdminKeyTest {

    private static final String KEY = "a-key-for-this-test";

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addClass(Host.class).addAsResource(
            new StringAsset("quarkus.advunlearn.registry-directory=target/key-registry\nquarkus.advunlearn.admin.api-key=" + KEY + "\n"),
            "application.properties"));

    /** A host application with keys of its own under the same header. */
    @Path("/host")
    public static class Host {

        @GET
        public String key(@HeaderParam("X-API-Key") String key) {
            return key;
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    private String admin(String path) {
        return "http://localhost:" + management.getPort() + "/admin/advunlearn" + path;
    }

    @Test
    void onlyTheRightKeyOpens() {
        given().get(admin("/encoders")).then().statusCode(401).contentType("application/problem+json").body("status", equalTo(401));
        given().header("X-API-Key", KEY + "x").get(admin("/encoders")).then().statusCode(401).body("", not(hasKey("encoders")));
        given().header("X-API-Key", KEY).get(admin("/encoders")).then().statusCode(200).body("encoders", empty());
    }

    @Test
    void theKeyDoesNotOpenThePublicPort() {
        given().header("X-API-Key", KEY).get("/admin/advunlearn/encoders").then().statusCode(404);
        given().header("X-API-Key", KEY).urlEncodingEnabled(false).get("/admin;x=1/advunlearn/encoders").then().statusCode(404);
    }

    @Test
    void aHostApplicationsOwnKeysAreLeftAlone() {
        given().header("X-API-Key", "the-hosts-own").get("/host").then().statusCode(200).body(equalTo("the-hosts-own"));
    }

    @Test
    void aWrongBodyIsAProblemThatNamesTheField() {
        given().header("X-API-Key", KEY).body("{\"concept\":\"church\",\"colour\":1}").post(admin("/erasures"))
                .then().statusCode(400).contentType("application/problem+json").body("field", equalTo("colour"));
        given().header("X-API-Key", KEY).body("x".repeat(100_000)).post(admin("/erasures")).then().statusCode(413);
        given().header("X-API-Key", KEY).get(admin("/encoders/nothing")).then().statusCode(404).body("detail", containsString("nothing"));
        given().header("X-API-Key", KEY).body("{\"id\":\"a\",\"folder\":\"../..\"}").post(admin("/encoders")).then().statusCode(403);
    }
}
