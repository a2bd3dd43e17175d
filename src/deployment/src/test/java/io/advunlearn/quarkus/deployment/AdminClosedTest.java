package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;

import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import java.net.URL;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application that adds the extension and configures nothing gets a closed admin API. */
class AdminClosedTest {

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest()
            .withApplicationRoot(jar -> jar.addAsResource(new StringAsset("quarkus.advunlearn.registry-directory=target/closed-registry\n"),
                    "application.properties"));

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @Test
    void answers401WithAndWithoutAKey() {
        String admin = "http://localhost:" + management.getPort() + "/admin/advunlearn/encoders";
        given().get(admin).then().statusCode(401);
        given().header("X-API-Key", "").get(admin).then().statusCode(401);
        given().header("X-API-Key", "null").get(admin).then().statusCode(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin/advunlearn/encoders", "//admin/advunlearn/encoders", "/x/../admin/advunlearn/encoders",
            "/%61dmin/advunlearn/encoders", "/admin;x=1/advunlearn/encoders", "/admin/advunlearn/encoders;x=1", "/admin/./advunlearn/encoders",
            "/admin/advunlearn;x=1/encoders", "/%2561dmin/advunlearn/encoders", "/admin%2Fadvunlearn/encoders", "/admin/advunlearn/"})
    void thePublicPortKnowsNoAdminPath(String path) {
        given().urlEncodingEnabled(false).get(path).then().statusCode(404);
        given().urlEncodingEnabled(false).body("{}").put(path).then().statusCode(404);
    }
}
