package io.advunlearn.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Talks to the admin API of a running server. */
public final class AdminClient {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
    private final String base;
    private final String key;

    /** @param server the management address, for example {@code http://localhost:9000} */
    public AdminClient(URI server, String key) {
        base = server.toString().replaceAll("/+$", "") + "/admin/advunlearn";
        this.key = key;
    }

    public JsonNode get(String path) {
        return json(send("GET", path, null));
    }

    /** @param body sent as JSON, {@code null} for none */
    public JsonNode post(String path, Object body) {
        return json(send("POST", path, body));
    }

    public JsonNode put(String path, Object body) {
        return json(send("PUT", path, body));
    }

    public byte[] bytes(String path) {
        return send("GET", path, null);
    }

    private byte[] send(String method, String path, Object body) {
        try {
            HttpRequest.BodyPublisher content = body == null ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body));
            HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT).header("X-API-Key", key)
                    .header("Content-Type", "application/json").method(method, content).build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() >= 300) {
                throw new RefusedException(response.statusCode(), detail(response.body()));
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException("no answer from " + base + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String detail(byte[] problem) {
        try {
            return MAPPER.readTree(problem).path("detail").asText("no reason given");
        } catch (IOException e) {
            return "no reason given";
        }
    }

    private static JsonNode json(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("the server's answer is no JSON", e);
        }
    }

    /** The server said no. */
    public static final class RefusedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        RefusedException(int status, String detail) {
            super("the server answered " + status + ": " + detail);
        }
    }
}
