package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.QuarkusUnitTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An application that switches the management port off has no admin API, rather than one on its public port. */
class WithoutManagementTest {

    private static final String KEY = "a-key-for-this-test";

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addAsResource(new StringAsset("""
            quarkus.management.enabled=false
            quarkus.advunlearn.registry-directory=target/unmanaged-registry
            quarkus.advunlearn.admin.api-key=%s
            """.formatted(KEY)), "application.properties"));

    @Test
    void theAdminApiIsNowhere() {
        given().header("X-API-Key", KEY).get("/admin/advunlearn/encoders").then().statusCode(404);
        given().header("X-API-Key", KEY).urlEncodingEnabled(false).get("/admin;x=1/advunlearn/encoders").then().statusCode(404);
        given().get("/v1/models").then().statusCode(200).body("object", equalTo("list"));
    }
}
