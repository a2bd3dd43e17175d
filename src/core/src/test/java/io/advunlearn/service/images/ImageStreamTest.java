package io.advunlearn.service.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.FamilyFixture;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.ServerSentEvents;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.Observers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers as OpenAI's events. */
class ImageStreamTest {

    @TempDir
    static Path folder;

    private static Pipelines pipelines;
    private static Images images;

    @BeforeAll
    static void load() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            pipelines = new Pipelines(new FileEncoderRegistry(folder.resolve("registry"), "replica-1"), Limits.DEFAULT,
                    Observers.NONE, pipeline -> { });
            pipelines.load("tiny", new PipelineSettings(fixture.write(folder.resolve("tiny")), "cpu", Optional.empty(), List.of(), false, 8, 5, Optional.empty(),
                    Gates.NONE));
        }
        images = new Images(new Models(pipelines), Limits.DEFAULT);
    }

    @AfterAll
    static void close() {
        pipelines.close();
    }

    private static Images.Generation ask(String fields) {
        return images.generate(new ByteArrayInputStream(("{\"prompt\": \"a cat\", \"seed\": 3, " + fields + "}").getBytes(StandardCharsets.UTF_8)), null);
    }

    private static JsonNode whole(String fields) throws IOException {
        return new ObjectMapper().readTree(ask(fields).answer().join().body());
    }

    /** The data of every event, whose name must be the data's type. */
    private static List<JsonNode> events(String text) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String event : text.split("\n\n")) {
            if (!event.startsWith(":")) {
                String[] lines = event.split("\n");
                assertThat(lines).hasSize(2);
                JsonNode data = new ObjectMapper().readTree(lines[1].substring("data: ".length()));
                assertThat(lines[0]).isEqualTo("event: " + data.get("type").asText());
                events.add(data);
            }
        }
        return events;
    }

    @Test
    void partialImagesComeBeforeTheImageThatAWholeAnswerHas() throws IOException {
        Images.Generation generation = ask("\"stream\": true, \"partial_images\": 3, \"output_format\": \"jpeg\"");
        Answer head = generation.answer().join();
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.mediaType()).isEqualTo("text/event-stream");
        List<JsonNode> events = events(ReceivedEvents.text(generation));
        assertThat(events).hasSize(4);
        for (int i = 0; i < 3; i++) {
            JsonNode partial = events.get(i);
            assertThat(partial.get("type").asText()).isEqualTo("image_generation.partial_image");
            assertThat(partial.get("partial_image_index").asInt()).isEqualTo(i);
            checkDescription(partial);
        }
        JsonNode completed = events.get(3);
        assertThat(completed.get("type").asText()).isEqualTo("image_generation.completed");
        checkDescription(completed);
        JsonNode whole = whole("\"output_format\": \"jpeg\"");
        assertThat(completed.get("b64_json")).isEqualTo(whole.at("/data/0/b64_json"));
        assertThat(completed.get("usage")).isEqualTo(whole.get("usage"));
        assertThat(completed.get("encoder")).isEqualTo(whole.get("encoder"));
    }

    private static void checkDescription(JsonNode event) throws IOException {
        assertThat(event.get("created_at").isIntegralNumber()).isTrue();
        assertThat(event.get("size").asText()).isEqualTo("16x16");
        assertThat(event.get("output_format").asText()).isEqualTo("jpeg");
        assertThat(event.get("background").asText()).isEqualTo("opaque");
        assertThat(event.get("quality").asText()).isEqualTo("auto");
        byte[] jpeg = Base64.getDecoder().decode(event.get("b64_json").asText());
        assertThat(ImageIO.read(new ByteArrayInputStream(jpeg)).getWidth()).isEqualTo(16);
        assertThat(new String(jpeg, StandardCharsets.ISO_8859_1)).contains("X-Encoder-Version: base@");
    }

    @Test
    void theTokensOfTheTextAndTheLatentsAreTheUsage() throws IOException {
        JsonNode usage = whole("\"n\": 2, \"negative_prompt\": \"dog\", \"num_inference_steps\": 1").get("usage");
        int text = pipelines.find("tiny").orElseThrow().pipeline().components().tokenizer().tokenize("a cat").length
                + pipelines.find("tiny").orElseThrow().pipeline().components().tokenizer().tokenize("dog").length;
        assertThat(usage.get("input_tokens").asInt()).isEqualTo(text).isEqualTo(usage.at("/input_tokens_details/text_tokens").asInt());
        int latents = pipelines.find("tiny").orElseThrow().pipeline().components().unet().sampleSize();
        assertThat(usage.get("output_tokens").asInt()).isEqualTo(2 * latents * latents).isEqualTo(usage.at("/output_tokens_details/image_tokens").asInt());
        assertThat(usage.get("total_tokens").asInt()).isEqualTo(text + 2 * latents * latents);
    }

    @ParameterizedTest
    @CsvSource({"0,8,''", "1,8,4", "2,9,'3,6'", "3,8,'2,4,6'", "3,2,1", "3,1,''", "2,100,'33,66'"})
    void theyAreSpreadEvenlyAndNoneIsTheFinalOne(int wanted, int steps, String expected) {
        ImageStream stream = new ImageStream(null, wanted, ImageStream.HEARTBEAT);
        assertThat(IntStream.rangeClosed(1, steps).filter(step -> stream.wantsPreview(step, steps)).mapToObj(Integer::toString).toList())
                .isEqualTo(expected.isEmpty() ? List.of() : List.of(expected.split(",")));
        stream.events().end();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"stream\": true, \"n\": 2 | n", "\"stream\": true, \"size\": \"17x16\" | size",
        "\"stream\": true, \"scheduler\": \"Heun\" | scheduler"})
    void whatIsRefusedAtOnceIsNoStream(String fields, String param) throws IOException {
        Images.Generation generation = ask(fields);
        assertThat(generation.events()).isEmpty();
        assertThat(generation.answer().join().status()).isEqualTo(400);
        assertThat(new ObjectMapper().readTree(generation.answer().join().body()).at("/error/param").asText()).isEqualTo(param);
    }

    @Test
    void acceptMayNotAskForBytes() {
        byte[] body = "{\"prompt\": \"a cat\", \"stream\": true}".getBytes(StandardCharsets.UTF_8);
        Answer refused = images.generate(new ByteArrayInputStream(body), "image/png").answer().join();
        assertThat(refused.status()).isEqualTo(400);
        assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("stream must be false with Accept: image/png");
    }

    @Test
    void whatFailsLaterIsAnErrorEventAndTheEnd() throws IOException {
        Images.Generation generation = ask("\"stream\": true, \"num_inference_steps\": 100");
        generation.cancel().run();
        List<JsonNode> events = events(ReceivedEvents.text(generation));
        assertThat(events).hasSize(1);
        assertThat(events.get(0).get("type").asText()).isEqualTo("error");
        assertThat(events.get(0).at("/error/code").asText()).isEqualTo("cancelled");
        assertThat(events.get(0).at("/error/type").asText()).isEqualTo("server_error");
    }

    @Test
    void commentsKeepTheConnectionOpenUntilTheEnd() throws InterruptedException {
        ImageStream stream = new ImageStream(null, 0, Duration.ofMillis(5));
        CountDownLatch beats = new CountDownLatch(3);
        CountDownLatch ended = new CountDownLatch(1);
        stream.events().to(new ServerSentEvents.Sink() {

            @Override
            public void send(byte[] event) {
                assertThat(new String(event, StandardCharsets.UTF_8)).isEqualTo(": heartbeat\n\n");
                beats.countDown();
            }

            @Override
            public void end() {
                ended.countDown();
            }
        });
        assertThat(beats.await(10, TimeUnit.SECONDS)).isTrue();
        stream.events().end();
        assertThat(ended.getCount()).isZero();
        assertThat(stream.events().comment("late")).isFalse();
    }
}
