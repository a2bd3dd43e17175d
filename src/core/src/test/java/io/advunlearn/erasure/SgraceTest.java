package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SgraceTest {

    private static final Map<String, Object> SMALL = Map.of("rounds", 2, "editSteps", 3, "attackSteps", 2, "sequences", 3, "anchors", 2,
            "rolloutSteps", 10, "updateChance", 0.5, "checkpointInterval", 2);

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    private static ErasureRequest request(Map<String, Object> overrides) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(overrides);
        return new ErasureRequest("church", "object", "sgrace", null, 7, settings);
    }

    private ErasureResult erase(String name, ErasureListener listener, CancellationToken token) {
        return new Sgrace(Map.of()).run(components, request(Map.of()), directory.resolve(name), listener, token);
    }

    @Test
    void cancelledErasureResumesToTheSameEncoder() throws IOException {
        List<ErasureEvent> events = new ArrayList<>();
        ErasureResult whole = erase("whole", events::add, new CancellationToken());
        // In the middle of the second round: its sequences and the features before it must come back.
        CancellationToken token = new CancellationToken();
        assertThatThrownBy(() -> erase("cut", event -> {
            if (event.iteration() == 4) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        ErasureResult resumed = erase("cut", ErasureListener.NONE, new CancellationToken());
        assertThat(Sha256.of(resumed.encoderDirectory().resolve("model.safetensors")))
                .isEqualTo(Sha256.of(whole.encoderDirectory().resolve("model.safetensors")));
        assertThat(resumed.unetForward()).isEqualTo(whole.unetForward());

        // Two rounds of two steps on three sequences; the rollout has two branches and stops at 801 or 901 of 901, 801, ...
        assertThat(whole.unetBackward()).isEqualTo(12);
        assertThat(whole.unetForward() - whole.unetBackward()).isIn(0L, 2L);
        List<ErasureEvent> attacked = events.stream().filter(e -> "adversarial".equals(e.phase())).toList();
        assertThat(attacked).hasSize(2);
        assertThat(attacked.get(0).values()).containsKeys("loss_attack", "loss_erase", "loss_similarity", "loss_retain", "loss_parameters", "seconds");
        assertThat(events).allMatch(e -> e.values().values().stream().allMatch(Double::isFinite));
    }

    @Test
    void keywordsAreWrittenBesideTheResultWithoutTheConcept() throws IOException {
        SgraceSettings settings = SgraceSettings.resolve(request(Map.of("related", List.of("steeple", "Church", "nave", "nave"))));
        KeywordLists.resolve(settings, "church", directory, () -> new Keywords(List.of("never asked for"), List.of("sky", "church", "nave")));
        JsonNode written = new ObjectMapper().readTree(directory.resolve(KeywordLists.FILE).toFile());
        assertThat(written.at("/keywords/related")).extracting(JsonNode::asText).containsExactly("steeple", "nave");
        assertThat(written.at("/keywords/unrelated")).extracting(JsonNode::asText).containsExactly("sky");
    }

    @Test
    void resumeDoesNotAskTheSourceAgain() {
        SgraceSettings settings = SgraceSettings.resolve(request(Map.of()));
        Keywords first = KeywordLists.resolve(settings, "church", directory, () -> new Keywords(List.of("steeple"), List.of("sky")));
        Keywords again = KeywordLists.resolve(settings, "church", directory, () -> {
            throw new AssertionError("asked again");
        });
        assertThat(again).isEqualTo(first);
        Keywords other = KeywordLists.resolve(settings, "blob", directory, () -> new Keywords(List.of("round"), List.of("square")));
        assertThat(other.related()).containsExactly("round");
    }

    @Test
    void catalogueNamesNearWordsRelatedAndFarOnesUnrelated() {
        try (EncoderTraining training = new EncoderTraining(components, request(Map.of()), SgraceSettings.resolve(request(Map.of())),
                directory, ErasureListener.NONE, new CancellationToken())) {
            Keywords keywords = KeywordRanking.rank(PromptCatalog.of(components.directory()), "church", 50, training.frozen(), components.unet(),
                    training.manager());
            // 19 other objects, 4 styles and 8 backgrounds: the nearest quarter of 31
            assertThat(keywords.related()).hasSize(8).doesNotContain("church");
            assertThat(keywords.unrelated()).hasSize(23).doesNotContainAnyElementsOf(keywords.related());
        }
    }

    @Test
    void firstSequenceIsTheConceptAndTheOthersEndInRelatedKeywords() {
        SgraceSettings settings = SgraceSettings.resolve(request(Map.of("minKeywords", 2, "maxKeywords", 2, "randomIds", 3)));
        SgraceSequences sequences = new SgraceSequences(components.tokenizer(), settings, "church", List.of("house", "tree"));
        assertThat(sequences.draw(0, new Noise(1))).isEqualTo(components.tokenizer().tokenize("church"));
        int[] second = sequences.draw(1, new Noise(1));
        String words = components.tokenizer().decode(Arrays.copyOfRange(second, 3, second.length)).replace(" ", "");
        assertThat(words).isIn("house,tree", "tree,house");
    }

    @Test
    void paperProfileHasThePublishedNumbers() {
        SgraceSettings object = SgraceSettings.resolve(new ErasureRequest("church", "object", "sgrace", "paper", 1, null));
        assertThat(object.learningRate()).isEqualTo(1e-5);
        assertThat(object.rounds()).isEqualTo(4);
        assertThat(object.editSteps()).isEqualTo(50);
        assertThat(object.attackSteps()).isEqualTo(10);
        assertThat(object.sequences()).isEqualTo(8);
        assertThat(object.attackLearningRate()).isEqualTo(0.005);
        assertThat(object.parameterWeight()).isEqualTo(0.2);
        assertThat(SgraceSettings.resolve(new ErasureRequest("van gogh", "style", "sgrace", "paper", 1, null)).similarityWeight()).isEqualTo(1.2);
    }

    @Test
    void chatWithoutAnEndpointIsRefusedAtOnce() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Sgrace(Map.of()).resolve(request(Map.of("keywordSource", "chat"))))
                .withMessageContaining("ADVUNLEARN_CHAT_BASE_URL");
    }

    @Test
    void timestepsOutsideTheScheduleAreRefused() {
        SgraceSettings settings = SgraceSettings.resolve(request(Map.of("timestepFrom", 752, "timestepTo", 753)));
        assertThatIllegalArgumentException().isThrownBy(() -> SgraceLatent.fitting(new int[] {901, 801, 701}, settings))
                .withMessageContaining("timestepFrom").withMessageContaining("801");
    }
}
