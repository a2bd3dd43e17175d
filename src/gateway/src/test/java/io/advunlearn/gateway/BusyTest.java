package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More requests than places, and clients that go away. */
@QuarkusTest
@TestProfile(BusyTest.OnePlace.class)
class BusyTest {

    private static final String LONG = "{\"prompt\": \"a dog\", \"num_inference_steps\": 60}";

    public static final class OnePlace implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.advunlearn.limits.concurrency", "1", "quarkus.advunlearn.limits.queue-size", "1",
                    "quarkus.advunlearn.limits.images", "4");
        }
    }

    @TestHTTPResource("/v1/images/generations")
    URI images;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    @Test
    void beyondTheQueueTheAnswerIs429WithRetryAfter() {
        HttpClient http = HttpClient.newHttpClient();
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add(http.sendAsync(HttpRequest.newBuilder(images).POST(HttpRequest.BodyPublishers.ofString(LONG)).build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        List<HttpResponse<String>> answers = sent.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200, 429);
        assertThat(answers.stream().filter(a -> a.statusCode() == 200)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(answers.stream().filter(a -> a.statusCode() == 429)).isNotEmpty().allSatisfy(answer -> {
            assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElseThrow())).isPositive();
            assertThat(answer.body()).contains("\"code\":\"rate_limit_exceeded\"");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {LONG, "{\"prompt\": \"a dog\", \"num_inference_steps\": 60, \"stream\": true, \"partial_images\": 3}"})
    void aClientThatGoesAwayStopsItsGeneration(String body) throws IOException, InterruptedException {
        double before = cancelled();
        try (Socket client = new Socket(images.getHost(), images.getPort())) {
            String request = "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().flush();
            Thread.sleep(500);
        }
        TestGateway.await("the generation to be cancelled", () -> cancelled() > before);
    }

    private double cancelled() {
        String metrics = given().get(TestGateway.management(management, "/q/metrics")).asString();
        return metrics.lines().filter(line -> line.startsWith("advunlearn_generation_seconds_count{") && line.contains("outcome=\"cancelled\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }
}
