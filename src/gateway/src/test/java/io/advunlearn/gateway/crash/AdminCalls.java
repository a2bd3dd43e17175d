package io.advunlearn.gateway.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.gateway.ChildGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The admin API of a gateway that is killed at some moment: what is refused is an answer, and what is not answered is {@link Unanswered}. */
final class AdminCalls {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
    private final ChildGateway gateway;

    AdminCalls(ChildGateway gateway) {
        this.gateway = gateway;
    }

    /** Nobody knows whether it was done. */
    static final class Unanswered extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Unanswered(IOException e) {
            super(e);
        }
    }

    record Answer(int status, JsonNode body) {

        /** @throws AssertionError if the status is another one */
        JsonNode with(int expected) {
            if (status != expected) {
                throw new AssertionError("status " + status + ", not " + expected + ": " + body);
            }
            return body;
        }
    }

    JsonNode get(String path) {
        return call("GET", path, null).with(200);
    }

    /** @param body sent as JSON, {@code null} for none */
    Answer call(String method, String path, Object body) {
        try {
            return send(method, path, body == null ? new byte[0] : MAPPER.writeValueAsBytes(body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Answer send(String method, String path, byte[] body) {
        HttpRequest request = HttpRequest.newBuilder(gateway.managementUri().resolve("/admin/advunlearn" + path)).timeout(TIMEOUT)
                .header("X-API-Key", gateway.key()).header("Content-Type", "application/json")
                .method(method, body.length == 0 ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body)).build();
        try {
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), MAPPER.readTree(response.body()));
        } catch (IOException e) {
            throw new Unanswered(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
