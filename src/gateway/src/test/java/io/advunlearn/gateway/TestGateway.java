package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;

import io.restassured.specification.RequestSpecification;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URL;
import java.util.Base64;
import javax.imageio.ImageIO;

/** The gateway under test. */
public final class TestGateway {

    public static final String KEY = "the-key-of-the-tests";
    /** What the paths of the admin API begin with. */
    public static final String ADMIN = "/admin/advunlearn";
    private static final long LIMIT_MILLIS = 120_000;

    private TestGateway() {
    }

    public static String management(URL management, String path) {
        return "http://localhost:" + management.getPort() + path;
    }

    /** A request with the admin key. */
    public static RequestSpecification admin() {
        return given().header("X-API-Key", KEY);
    }

    public static String admin(URL management, String path) {
        return management(management, ADMIN + path);
    }

    /** The picture of a {@code b64_json}. */
    static BufferedImage image(String base64) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }

    /** What is waited for. */
    public interface Condition {
        boolean holds();
    }

    public static void await(String what, Condition condition) throws InterruptedException {
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS;
        while (!condition.holds()) {
            if (System.currentTimeMillis() > deadline) {
                throw new AssertionError("not within " + LIMIT_MILLIS + " ms: " + what);
            }
            Thread.sleep(100);
        }
    }

    public static void awaitReady(URL management) throws InterruptedException {
        await("ready", () -> given().get(management(management, "/q/health/ready")).statusCode() == 200);
    }
}
