package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever cannot be run is refused before anything is computed or written, in one sentence that names the field. */
class WrongErasureTest {

    private final PipelineComponents components = BundledModel.pipeline().components();

    @TempDir
    private Path directory;

    private static ErasureRequest request(String concept, Map<String, Object> settings) {
        return new ErasureRequest(concept, "object", "advunlearn", "fast", 1, settings);
    }

    /** The complaint, which {@code check} and {@code run} must share. */
    private String complaint(String concept, Map<String, Object> settings) {
        IllegalArgumentException checked = catchThrowableOfType(IllegalArgumentException.class,
                () -> new AdvUnlearn().check(components, request(concept, settings)));
        assertThat(checked).isNotNull();
        IllegalArgumentException run = catchThrowableOfType(IllegalArgumentException.class, () -> new AdvUnlearn().run(components,
                request(concept, settings), directory.resolve("work"), ErasureListener.NONE, new CancellationToken()));
        assertThat(run).hasMessage(checked.getMessage());
        assertThat(directory).isEmptyDirectory();
        return checked.getMessage();
    }

    @Test
    void unknownLayer() {
        assertThat(complaint("church", Map.of("layers", List.of(0, 4)))).isEqualTo("layers must be between 0 and 3, not 4");
    }

    @Test
    void moreTokensThanTheWindowHasRoomFor() {
        assertThat(complaint("church", Map.of("attackTokens", 75, "placements", List.of("suffix")))).isEqualTo("attackTokens must be at most 74 "
                + "in placement suffix, since a prompt has room for 75 tokens and the concept takes 1; it is 75");
    }

    @Test
    void conceptLongerThanTheWindow() {
        assertThat(complaint("red ".repeat(49) + "apple", Map.of("placements", List.of("add"), "attackTokens", 1))).startsWith("concept must ");
    }

    @Test
    void moreTokensThanAPromptOfTheTopicLeavesRoomFor() {
        ErasureConcept topic = new ErasureConcept("gore", "topic", List.of("blood ".repeat(30).strip()));
        int length = components.tokenizer().tokenize("blood ".repeat(30)).length;
        IllegalArgumentException refused = catchThrowableOfType(IllegalArgumentException.class, () -> AdversarialLayout.checkRoom(Placement.PREFIX, 75,
                Math.min(length, 38), components.tokenizer()));
        ErasureRequest request = new ErasureRequest(List.of(topic), "advunlearn", "fast", 1, Map.of("attackTokens", 75), null, null);
        assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> new AdvUnlearn().check(components, request)))
                .hasMessage(refused.getMessage());
    }

    @Test
    void conceptOfNothing() {
        IllegalArgumentException refused = catchThrowableOfType(IllegalArgumentException.class, () -> request("  ", Map.of()));
        assertThat(refused).hasMessageContaining("concept");
        assertThat(complaint("\u00a0", Map.of())).contains("concept");
    }

    @ParameterizedTest
    @CsvSource({"iterations, -1", "iterations, 0", "warmupIterations, -1", "learningRate, -1", "gradientClip, -1", "eraseBatch, 0", "attackSteps, -1",
        "attackLearningRate, 0", "attackRadius, -0.1", "attackRestarts, 0", "attackTokens, 0", "attackTokens, 76", "attackInterval, 0", "retainBatch, -5",
        "retainWeight, -1", "bankStarts, 0", "startGuidance, 0", "checkpointInterval, 0"})
    void numberOutOfRange(String field, String value) {
        assertThat(complaint("church", Map.of(field, Double.valueOf(value)))).contains(field + " must be ");
    }

    @Test
    void noPlacement() {
        assertThat(complaint("church", Map.of("placements", List.of()))).isEqualTo(
                "settings: placements must name at least one of prefix, suffix, mid, insert, per_words, replace, add");
    }

    @Test
    void placementBehindTheEncoder() {
        assertThat(complaint("church", Map.of("attackSpace", "condition", "placements", List.of("prefix")))).isEqualTo(
                "settings: placements must be empty when attackSpace is condition: behind the encoder there are no token slots");
    }

    @ParameterizedTest
    @ValueSource(strings = {"component", "attackMethod", "attackSpace", "attackDistance", "target", "retainMode"})
    void unknownName(String field) {
        assertThat(complaint("church", Map.of(field, "magic"))).contains(field);
    }

    @Test
    void tokensDoNotMatterWithoutAnAttack() {
        ErasureRequest request = request("church", Map.of("attackTokens", 75));
        assertThatCode(() -> new Esd().check(components, request)).doesNotThrowAnyException();
    }
}
