package io.advunlearn.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;

/** The image API as a client sees it: whole answers, bytes, streams; and a client that leaves. */
final class ImageApi {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final String PATH = "/v1/images/generations";
    private static final String ENCODER = "X-Encoder-Version";

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
    private final URI server;

    ImageApi(URI server) {
        this.server = server;
    }

    /**
     * @param retryAfter seconds, 0 if the answer does not say
     * @param encoder id of the encoder that drew, {@code null} without images
     */
    record Answer(int status, long retryAfter, String encoder, List<BufferedImage> images, String text) { }

    Answer draw(Drawing drawing) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = send(PATH, MAPPER.writeValueAsBytes(drawing.body()), drawing.form() == Drawing.Form.PNG ? "image/png" : "*/*");
        if (response.statusCode() != 200) {
            return refused(response);
        }
        return switch (drawing.form()) {
            case PNG -> drawn(version(response), List.of(image(response.body())));
            case STREAM -> streamed(response);
            default -> whole(response);
        };
    }

    /** Something that is no request for images, or not a right one. */
    Answer send(String path, String body) throws IOException, InterruptedException {
        return refused(send(path, body.getBytes(StandardCharsets.UTF_8), "*/*"));
    }

    private HttpResponse<byte[]> send(String path, byte[] body, String accept) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path)).timeout(TIMEOUT).header("Content-Type", "application/json").header("Accept", accept);
        return http.send(body.length == 0 ? request.GET().build() : request.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Answer refused(HttpResponse<byte[]> response) {
        return new Answer(response.statusCode(), response.headers().firstValueAsLong("Retry-After").orElse(0), null, List.of(),
                new String(response.body(), StandardCharsets.UTF_8));
    }

    private static Answer drawn(String encoder, List<BufferedImage> images) {
        return new Answer(200, 0, encoder, images, "");
    }

    private static String version(HttpResponse<byte[]> response) {
        return response.headers().firstValue(ENCODER).orElseThrow().split("@")[0];
    }

    private static Answer whole(HttpResponse<byte[]> response) throws IOException {
        JsonNode body = MAPPER.readTree(response.body());
        assertThat(body.at("/encoder/id").asText()).isEqualTo(version(response));
        List<BufferedImage> images = new ArrayList<>();
        for (JsonNode each : body.path("data")) {
            images.add(image(Base64.getDecoder().decode(each.path("b64_json").asText())));
        }
        return drawn(version(response), images);
    }

    private static Answer streamed(HttpResponse<byte[]> response) throws IOException {
        JsonNode last = null;
        for (String line : new String(response.body(), StandardCharsets.UTF_8).split("\n")) {
            if (line.startsWith("data:")) {
                last = MAPPER.readTree(line.substring("data:".length()));
            }
        }
        assertThat(last).as("no event").isNotNull();
        assertThat(last.path("type").asText()).isEqualTo("image_generation.completed");
        return drawn(last.at("/encoder/id").asText(), List.of(image(Base64.getDecoder().decode(last.path("b64_json").asText()))));
    }

    private static BufferedImage image(byte[] file) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(file));
    }

    /** Asks for an image and closes the connection. @param millis how long it waits for the answer before */
    void leave(Drawing drawing, long millis) throws IOException, InterruptedException {
        byte[] body = MAPPER.writeValueAsBytes(drawing.body());
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.getOutputStream().write(("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                    + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            Thread.sleep(millis);
        }
    }
}
