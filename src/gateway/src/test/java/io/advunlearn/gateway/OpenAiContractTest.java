package io.advunlearn.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What OpenAI's clients send and expect. */
@QuarkusTest
class OpenAiContractTest {

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @TestHTTPResource("/v1/images/generations")
    URL images;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    private static ValidatableResponse post(String body) {
        return given().contentType("application/json").body(body).post("/v1/images/generations").then();
    }

    @Test
    void drawsAnImage() throws IOException {
        ValidatableResponse answer = post("""
                {"prompt": "a church", "model": "emoji-sd", "n": 1, "size": "auto", "response_format": "b64_json", "user": "u-1",
                 "num_inference_steps": 2, "seed": 7}""");
        answer.statusCode(200).contentType("application/json").body("created", notNullValue()).body("data", hasSize(1))
                .body("data[0].seed", equalTo(7)).body("encoder.id", equalTo("base")).body("size", equalTo("64x64"))
                .header("X-Encoder-Version", matchesPattern("base@[0-9a-f]{64}"));
        byte[] png = Base64.getDecoder().decode(answer.extract().<String>path("data[0].b64_json"));
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(image.getWidth()).isEqualTo(64);
        assertThat(new String(png, StandardCharsets.ISO_8859_1)).contains("X-Encoder-Version\0base@");
    }

    @Test
    void theSameSeedGivesTheSameImageAndAnotherSeedAnother() {
        String seven = b64("\"seed\": 7");
        assertThat(b64("\"seed\": 7")).isEqualTo(seven);
        assertThat(b64("\"seed\": 8")).isNotEqualTo(seven);
    }

    private static String b64(String more) {
        return post("{\"prompt\": \"a church\", \"num_inference_steps\": 2, " + more + "}").statusCode(200).extract().path("data[0].b64_json");
    }

    @Test
    void everyImageOfOneRequestHasASeedOfItsOwn() {
        post("{\"prompt\": \"a dog\", \"n\": 3, \"num_inference_steps\": 1, \"seed\": 5}").statusCode(200).body("data", hasSize(3))
                .body("data.seed", equalTo(java.util.List.of(5, 6, 7)));
    }

    @Test
    void aPngForWhoAsksForIt() throws IOException {
        byte[] png = given().accept("image/png").contentType("application/json").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1, \"seed\": 3}")
                .post("/v1/images/generations").then().statusCode(200).contentType("image/png").header("X-Seed", "3")
                .header("X-Encoder-Version", containsString("base@")).extract().asByteArray();
        assertThat(ImageIO.read(new ByteArrayInputStream(png))).isNotNull();
    }

    @Test
    void aJpegForWhoAsksForIt() throws IOException {
        byte[] jpeg = given().accept("image/jpeg").contentType("application/json")
                .body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1, \"seed\": 3, \"output_compression\": 80}")
                .post("/v1/images/generations").then().statusCode(200).contentType("image/jpeg").header("X-Seed", "3").extract().asByteArray();
        assertThat(ImageIO.read(new ByteArrayInputStream(jpeg)).getColorModel().hasAlpha()).isFalse();
        assertThat(new String(jpeg, StandardCharsets.ISO_8859_1)).contains("X-Encoder-Version: base@");
        post("{\"prompt\": \"a dog\", \"num_inference_steps\": 1, \"output_format\": \"jpeg\"}").statusCode(200).body("output_format", equalTo("jpeg"))
                .body("usage.total_tokens", greaterThan(64)).body("model", equalTo("emoji-sd")).body("background", equalTo("opaque"));
    }

    @Test
    void streamsPartialImagesAndThenTheImage() {
        String fields = "{\"prompt\": \"a church\", \"num_inference_steps\": 6, \"seed\": 7";
        ValidatableResponse answer = post(fields + ", \"stream\": true, \"partial_images\": 2}").statusCode(200).contentType("text/event-stream")
                .header("Cache-Control", "no-cache");
        String[] events = answer.extract().asString().split("\n\n");
        assertThat(events).hasSize(3);
        assertThat(events[0]).startsWith("event: image_generation.partial_image\ndata: {").contains("\"partial_image_index\":0");
        assertThat(events[1]).startsWith("event: image_generation.partial_image\ndata: {").contains("\"partial_image_index\":1");
        assertThat(events[2]).startsWith("event: image_generation.completed\ndata: {").contains(post(fields + "}").extract().<String>path("data[0].b64_json"));
    }

    @Test
    void reportsWhatWasCutFromALongPrompt() {
        String tail = "the very last words";
        post("{\"prompt\": \"" + "a church ".repeat(200) + tail + "\", \"num_inference_steps\": 1}").statusCode(200)
                .body("cut_prompt", containsString("last words"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"96x40", "64x64", "128x128"})
    void drawsTheSizeThatIsAskedFor(String size) throws IOException {
        byte[] png = given().contentType("application/json").accept("image/png").body("{\"prompt\": \"a church\", \"size\": \"" + size + "\", \"num_inference_steps\": 2}")
                .post("/v1/images/generations").then().statusCode(200).extract().asByteArray();
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(image.getWidth() + "x" + image.getHeight()).isEqualTo(size);
    }

    @Test
    void listsTheModels() {
        given().get("/v1/models").then().statusCode(200).body("object", equalTo("list")).body("data[0].id", equalTo("emoji-sd"))
                .body("data[0].object", equalTo("model")).body("data[0].owned_by", notNullValue()).body("data[0].created", notNullValue());
        given().get("/v1/models/emoji-sd").then().statusCode(200).body("id", equalTo("emoji-sd"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{}                                                  | 400 | prompt",
        "{\"prompt\": \"\"}                                  | 400 | prompt",
        "{\"prompt\": 3}                                     | 400 | prompt",
        "{\"prompt\": [\"a\"]}                               | 400 | prompt",
        "{\"prompt\": \"x\\ud800\"}                          | 400 | prompt",
        "{\"prompt\": \"x\", \"n\": 0}                       | 400 | n",
        "{\"prompt\": \"x\", \"n\": 11}                      | 400 | n",
        "{\"prompt\": \"x\", \"n\": \"2\"}                   | 400 | n",
        "{\"prompt\": \"x\", \"n\": 1.5}                     | 400 | n",
        "{\"prompt\": \"x\", \"size\": \"1024x1024\"}        | 400 | size",
        "{\"prompt\": \"x\", \"size\": \"128x136\"}          | 400 | size",
        "{\"prompt\": \"x\", \"size\": \"60x64\"}            | 400 | size",
        "{\"prompt\": \"x\", \"size\": \"large\"}            | 400 | size",
        "{\"prompt\": \"x\", \"size\": \"0x64\"}             | 400 | size",
        "{\"prompt\": \"x\", \"response_format\": \"url\"}   | 400 | response_format",
        "{\"prompt\": \"x\", \"response_format\": \"jpg\"}   | 400 | response_format",
        "{\"prompt\": \"x\", \"output_format\": \"webp\"}    | 400 | output_format",
        "{\"prompt\": \"x\", \"guidance_scale\": 0.5}        | 400 | guidance_scale",
        "{\"prompt\": \"x\", \"guidance_scale\": 20.5}       | 400 | guidance_scale",
        "{\"prompt\": \"x\", \"guidance_scale\": -5}         | 400 | guidance_scale",
        "{\"prompt\": \"x\", \"num_inference_steps\": 0}     | 400 | num_inference_steps",
        "{\"prompt\": \"x\", \"num_inference_steps\": 1001}  | 400 | num_inference_steps",
        "{\"prompt\": \"x\", \"scheduler\": \"Heun\"}        | 400 | scheduler",
        "{\"prompt\": \"x\", \"scheduler\": 3}               | 400 | scheduler",
        "{\"prompt\": \"x\", \"seed\": -1}                   | 400 | seed",
        "{\"prompt\": \"x\", \"seed\": 9007199254740993}     | 400 | seed",
        "{\"prompt\": \"x\", \"negative_prompt\": 1}         | 400 | negative_prompt",
        "{\"prompt\": \"x\", \"model\": \"other\"}           | 404 | model",
        "{\"prompt\": \"x\", \"model\": \"base\"}            | 404 | model",
        "{\"prompt\": \"x\", \"encoder\": \"base\"}          | 400 | encoder",
        "{\"prompt\": \"x\", \"text_encoder\": \"base\"}     | 400 | text_encoder",
        "{\"prompt\": \"x\", \"prompt_embeds\": [0.1]}       | 400 | prompt_embeds",
        "{\"prompt\": \"x\", \"latents\": [0.1]}             | 400 | latents",
        "{\"prompt\": \"x\", \"stream\": \"yes\"}          | 400 | stream",
        "{\"prompt\": \"x\", \"stream\": true, \"n\": 2}   | 400 | n",
        "{\"prompt\": \"x\", \"partial_images\": 2}          | 400 | partial_images",
        "{\"prompt\": \"x\", \"quality\": \"hd\"}          | 400 | quality",
        "{\"prompt\": \"x\", \"background\": \"transparent\"} | 400 | background"})
    void saysWhichFieldIsWrong(String body, int status, String param) {
        post(body).statusCode(status).body("error.param", equalTo(param)).body("error.type", equalTo("invalid_request_error"))
                .body("error.code", notNullValue()).body("error.message", containsString(param));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "\"a church\"", "{\"prompt\": \"x\"", "{\"prompt\": \"x\"} {}", "{\"prompt\": \"x\", \"prompt\": \"y\"}",
            "prompt=x", "\u0000\u0001"})
    void wrongJsonIsAnsweredInTheEnvelope(String body) {
        post(body).statusCode(400).contentType("application/json").body("error.code", equalTo("invalid_json")).body("error.param", nullValue())
                .body("error.message", not(containsString("com.fasterxml")));
    }

    @Test
    void whateverTheContentTypeTheBodyIsJson() {
        given().contentType("text/plain").body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then().statusCode(200);
        given().contentType("application/xml").body("<prompt/>").post("/v1/images/generations").then().statusCode(400).body("error.code", equalTo("invalid_json"));
    }

    @Test
    void tooLongAPromptIsRefused() {
        post("{\"prompt\": \"" + "x".repeat(4001) + "\"}").statusCode(400).body("error.code", equalTo("string_above_max_length"))
                .body("error.message", containsString("4000"));
    }

    @Test
    void tooLargeABodyIs413() throws IOException {
        post("{\"prompt\": \"" + "x".repeat(100_000) + "\"}").statusCode(413).body("error.code", equalTo("request_too_large"));
        HttpURLConnection chunked = (HttpURLConnection) images.openConnection();
        chunked.setRequestMethod("POST");
        chunked.setDoOutput(true);
        chunked.setChunkedStreamingMode(1024);
        chunked.getOutputStream().write("{\"prompt\": \"".getBytes(StandardCharsets.US_ASCII));
        chunked.getOutputStream().write(new byte[100_000]);
        chunked.getOutputStream().close();
        assertThat(chunked.getResponseCode()).isEqualTo(413);
        try (InputStream body = chunked.getErrorStream()) {
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).contains("\"error\"");
        }
    }

    @Test
    void noHeaderChoosesAnEncoder() {
        given().contentType("application/json").header("X-Encoder-Version", "other").header("X-Encoder", "other").queryParam("encoder", "other")
                .body("{\"prompt\": \"a dog\", \"num_inference_steps\": 1}").post("/v1/images/generations").then().statusCode(200)
                .header("X-Encoder-Version", containsString("base@"));
    }
}
