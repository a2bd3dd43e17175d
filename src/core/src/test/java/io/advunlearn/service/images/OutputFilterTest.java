package io.advunlearn.service.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.filter.FilterSettings;
import io.advunlearn.service.filter.FilterSettings.Action;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.ServingMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled model, whose own judges look for churches. */
class OutputFilterTest {

    private static final String CHURCH = "\"prompt\": \"a church, twemoji style, white background\", \"seed\": 7, \"num_inference_steps\": 15";
    private static final String DOG = "\"prompt\": \"a dog, twemoji style, white background\", \"seed\": 7, \"num_inference_steps\": 15";

    @TempDir
    static Path folder;

    private static final Map<String, Integer> COUNTS = new HashMap<>();
    private static Pipelines pipelines;
    private static Images images;

    private static final class Counting implements ServingMetrics {

        @Override
        public void filtered(String pipeline, String outcome, int count) {
            synchronized (COUNTS) {
                COUNTS.merge(pipeline + " " + outcome, count, Integer::sum);
            }
        }
    }

    @BeforeAll
    static void load() throws IOException {
        pipelines = new Pipelines(new FileEncoderRegistry(folder.resolve("registry"), "replica-1"), Limits.DEFAULT, Observers.of(new Counting()), pipeline -> { });
        pipelines.load("withholding", settings(filter(List.of("church"), Action.WITHHOLD)));
        pipelines.load("marking", settings(filter(List.of("church", "twemoji"), Action.MARK)));
        images = new Images(new Models(pipelines), Limits.DEFAULT);
    }

    @AfterAll
    static void close() {
        pipelines.close();
    }

    @BeforeEach
    void forget() {
        synchronized (COUNTS) {
            COUNTS.clear();
        }
    }

    private static FilterSettings filter(List<String> concepts, Action action) {
        return new FilterSettings(concepts, Optional.empty(), Optional.of("detector"), 0.5, action);
    }

    private static PipelineSettings settings(FilterSettings filter) {
        return new PipelineSettings(BundledModel.directory(), "cpu", Optional.empty(), List.of(), false, 15, 5, Optional.empty(), Gates.NONE)
                .with(Optional.of(filter));
    }

    private static Images.Generation generation(String model, String fields, String accept) {
        return images.generate(new ByteArrayInputStream(("{\"model\": \"" + model + "\", " + fields + "}").getBytes(StandardCharsets.UTF_8)), accept);
    }

    private static Answer ask(String model, String fields, String accept) {
        return generation(model, fields, accept).answer().join();
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new ObjectMapper().readTree(answer.body());
    }

    @Test
    void whatIsFlaggedIsWithheldWithOpenAisError() throws IOException {
        for (String accept : new String[] {null, "image/png", "image/jpeg"}) {
            Answer refused = ask("withholding", CHURCH, accept);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(json(refused).at("/error/type").asText()).isEqualTo("image_generation_user_error");
            assertThat(json(refused).at("/error/code").asText()).isEqualTo("content_policy_violation");
            assertThat(json(refused).at("/error/message").asText()).contains("church");
        }
        assertThat(COUNTS).isEqualTo(Map.of("withholding withheld", 3));
    }

    @Test
    void whatIsNotFlaggedPasses() throws IOException {
        Answer passed = ask("withholding", DOG, null);
        assertThat(passed.status()).isEqualTo(200);
        assertThat(json(passed).at("/data/0/content_filter").toString()).contains("\"flagged\":false", "\"withheld\":false", "\"concepts\":[]");
        assertThat(json(passed).at("/data/0/b64_json").asText()).isNotEmpty();
        assertThat(ask("withholding", DOG, "image/png").headers()).containsEntry("X-Content-Filter", "passed");
    }

    /** In a few steps some become churches. */
    @Test
    void everyImageHasItsOwnVerdict() throws IOException {
        JsonNode data = json(ask("withholding", "\"prompt\": \"a church\", \"n\": 8, \"seed\": 1, \"num_inference_steps\": 3", null)).get("data");
        int withheld = 0;
        for (JsonNode image : data) {
            boolean kept = image.at("/content_filter/withheld").asBoolean();
            assertThat(image.has("b64_json")).isEqualTo(!kept);
            withheld += kept ? 1 : 0;
        }
        assertThat(withheld).isBetween(1, 7);
        assertThat(COUNTS).containsEntry("withholding withheld", withheld).containsEntry("withholding passed", 8 - withheld);
    }

    @Test
    void markingOnlySaysWhatItSees() throws IOException {
        Answer marked = ask("marking", CHURCH, null);
        assertThat(json(marked).at("/data/0/content_filter").toString()).contains("\"flagged\":true", "\"withheld\":false",
                "\"concepts\":[\"church\",\"twemoji\"]");
        assertThat(json(marked).at("/data/0/b64_json").asText()).isNotEmpty();
        assertThat(ask("marking", CHURCH, "image/png").headers()).containsEntry("X-Content-Filter", "flagged");
        assertThat(ReceivedEvents.text(generation("marking", CHURCH + ", \"stream\": true, \"partial_images\": 1", null)))
                .contains("image_generation.partial_image", "\"flagged\":true");
    }

    /** A partial image could show what the final one may not. */
    @Test
    void aStreamThatIsFilteredHasNoPartialImages() {
        String withheld = ReceivedEvents.text(generation("withholding", CHURCH + ", \"stream\": true, \"partial_images\": 3", null));
        assertThat(withheld).startsWith("event: error\n").contains("content_policy_violation").doesNotContain("b64_json");
        String passed = ReceivedEvents.text(generation("withholding", DOG + ", \"stream\": true, \"partial_images\": 3", null));
        assertThat(passed).startsWith("event: image_generation.completed\n").contains("\"withheld\":false");
    }

    @Test
    void whoAsksForNoVerdictGetsABlackPicture() {
        GenerationResult result = pipelines.find("withholding").orElseThrow()
                .draw(new GenerationRequest("a church, twemoji style, white background", "", List.of(7L), 15, 5), Identity.LOCAL).result().join().result();
        assertThat(result.images().get(0).rgb()).containsOnly(0);
    }

    /** Here by a judge whose configuration has more classes than its network. */
    @Test
    void ifTheyCannotBeJudgedNobodyGetsThem() throws IOException {
        Path detector = Files.createDirectories(folder.resolve("wrong").resolve("detector"));
        Files.copy(BundledModel.directory().resolve("detector/model.safetensors"), detector.resolve("model.safetensors"));
        String config = Files.readString(BundledModel.directory().resolve("detector/config.json"));
        Files.writeString(detector.resolve("config.json"), config.replaceFirst("\"umbrella\",", "\"umbrella\", \"one\", \"too many\",")
                .replaceFirst("\"object_thresholds\": \\[[^]]*\\]", "\"object_thresholds\": 0.5"));
        Path file = Files.writeString(folder.resolve("wrong.yaml"), "detectors:\n  - type: bundled\n    directory: wrong\n");
        pipelines.load("failing", settings(new FilterSettings(List.of("church"), Optional.of(file), Optional.empty(), 0, Action.MARK)));
        Answer refused = ask("failing", DOG, null);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(json(refused).at("/error/code").asText()).isEqualTo("content_filter_failed");
        assertThat(COUNTS).isEqualTo(Map.of("failing failed", 1));
    }

    @Test
    void aFilterThatCannotSeeAConceptIsNoFilter() {
        assertThatThrownBy(() -> pipelines.load("unknown", settings(filter(List.of("unicorn"), Action.WITHHOLD)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output-filter.concepts").hasMessageContaining("unicorn").hasMessageContaining("church").hasMessageContaining("twemoji");
        FilterSettings nobody = new FilterSettings(List.of("church"), Optional.empty(), Optional.of("nobody"), 0, Action.MARK);
        assertThatThrownBy(() -> pipelines.load("unknown", settings(nobody)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("detector-b").hasMessageContaining("nobody");
        assertThat(pipelines.find("unknown")).isEmpty();
    }
}
