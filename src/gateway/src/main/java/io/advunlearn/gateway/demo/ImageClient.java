package io.advunlearn.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.imageio.ImageIO;

/** An ordinary client of the image API. */
public final class ImageClient {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();
    private final URI uri;
    private final String model;

    /** @param server the public address */
    public ImageClient(URI server, String model) {
        uri = server.resolve("/v1/images/generations");
        this.model = model;
    }

    /**
     * One image and what made it.
     *
     * @param png the file
     * @param encoder id of the encoder
     */
    public record Answer(byte[] png, String encoder) {

        public BufferedImage image() throws IOException {
            return ImageIO.read(new ByteArrayInputStream(png));
        }
    }

    /** With the pipeline's own number of steps. @throws IOException if there is no answer or not an image */
    public Answer generate(String prompt, long seed) throws IOException, InterruptedException {
        return send(Map.of("prompt", prompt, "model", model, "seed", seed, "response_format", "b64_json"));
    }

    /** @throws IOException if there is no answer or not an image */
    public Answer generate(String prompt, long seed, int steps) throws IOException, InterruptedException {
        return send(Map.of("prompt", prompt, "model", model, "seed", seed, "num_inference_steps", steps));
    }

    private Answer send(Map<String, Object> request) throws IOException, InterruptedException {
        byte[] body = MAPPER.writeValueAsBytes(request);
        HttpResponse<byte[]> response = http.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode());
        }
        JsonNode answer = MAPPER.readTree(response.body());
        return new Answer(Base64.getDecoder().decode(answer.path("data").path(0).path("b64_json").asText()),
                answer.path("encoder").path("id").asText());
    }
}
