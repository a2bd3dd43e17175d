package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import java.net.URL;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application whose public paths all have a prefix: the admin API stays where it was and stays hidden. */
class RootPathTest {

    private static final String KEY = "a-key-for-this-test";

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addAsResource(new StringAsset("""
            quarkus.http.root-path=/api
            quarkus.advunlearn.registry-directory=target/prefixed-registry
            quarkus.advunlearn.admin.api-key=%s
            """.formatted(KEY)), "application.properties"));

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @TestHTTPResource("/")
    URL root;

    @Test
    void theAdminApiAnswersOnTheManagementPort() {
        String admin = "http://localhost:" + management.getPort() + "/admin/advunlearn/encoders";
        given().get(admin).then().statusCode(401);
        given().header("X-API-Key", KEY).get(admin).then().statusCode(200).body("encoders", empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/admin/advunlearn/encoders", "/api/admin/advunlearn/encoders", "/api//admin/advunlearn/encoders",
        "/api/admin;x=1/advunlearn/encoders"})
    void thePublicPortKnowsNoAdminPath(String path) {
        given().urlEncodingEnabled(false).header("X-API-Key", KEY).get("http://localhost:" + root.getPort() + path).then().statusCode(404);
    }

    @Test
    void theImageApiHasThePrefix() {
        given().get("http://localhost:" + root.getPort() + "/api/v1/models").then().statusCode(200).body("object", equalTo("list"));
    }
}
