package io.advunlearn.quarkus.deployment;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.matchesPattern;

import io.quarkus.test.QuarkusUnitTest;
import io.quarkus.test.common.http.TestHTTPResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A key in a mounted file, with the line end that editors add. */
class AdminKeyFileTest {

    private static final String KEY = "a-key-from-a-file";
    private static final Path FILE = write();

    @RegisterExtension
    static final QuarkusUnitTest APP = new QuarkusUnitTest().withApplicationRoot(jar -> jar.addAsResource(new StringAsset("""
            quarkus.advunlearn.registry-directory=target/file-registry
            quarkus.advunlearn.admin.api-key-file=%s
            """.formatted(FILE)), "application.properties"));

    private static Path write() {
        try {
            return Files.writeString(Files.createTempFile("admin", ".key"), KEY + "\n").toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @Test
    void opensWithTheFilesKey() {
        String admin = "http://localhost:" + management.getPort() + "/admin/advunlearn/encoders";
        given().header("X-API-Key", KEY).get(admin).then().statusCode(200);
        given().header("X-API-Key", FILE.toString()).get(admin).then().statusCode(401);
        triesOfOneAddressAreSlowed(admin);
    }

    private static void triesOfOneAddressAreSlowed(String admin) {
        int[] answers = new int[30];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = given().header("X-API-Key", "wrong-key-number-" + i).get(admin).statusCode();
        }
        assertThat(answers).contains(401, 429).doesNotContain(200);
        given().header("X-API-Key", KEY).get(admin).then().statusCode(429).header("Retry-After", matchesPattern("[1-9][0-9]?"))
                .contentType("application/problem+json");
        given().get(admin).then().statusCode(401);
    }
}
