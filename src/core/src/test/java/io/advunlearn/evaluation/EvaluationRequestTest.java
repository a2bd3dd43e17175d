package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationRequestTest {

    private static EvaluationRequest request(List<String> attacks, List<String> paraphrases) {
        return new EvaluationRequest("church", null, null, paraphrases, null, attacks, false, null, 1, "demo", null);
    }

    @Test
    void noNamedAttackMeansTheDefaultOnes() {
        assertThat(request(null, null).attacks()).isEqualTo(EvaluationRequest.DEFAULT_ATTACKS);
    }

    @Test
    void allMeansEveryAttackByText() {
        assertThat(request(List.of("all"), null).attacks()).isEqualTo(EvaluationRequest.TEXT_ATTACKS);
    }

    @Test
    void everyAttackByTextIsAnAttack() {
        assertThat(EvaluationRequest.ATTACKS).containsAll(EvaluationRequest.TEXT_ATTACKS);
        assertThat(EvaluationRequest.TEXT_ATTACKS).containsAll(EvaluationRequest.DEFAULT_ATTACKS);
    }

    @Test
    void anUnknownAttackIsNamed() {
        assertThatThrownBy(() -> request(List.of("plane"), null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("plane").hasMessageContaining("paraphrase");
    }

    @Test
    void aSuiteIsReplayed() {
        FoundPrompt found = new FoundPrompt("gcg", "church", "object", "digest", "a steeple", null, 5, List.of(1L));
        EvaluationRequest request = new EvaluationRequest("church", null, null, null, List.of(found), List.of("plain"), false, null, 1, "demo", null);
        assertThat(request.attacks()).containsExactly("plain", "replay");
    }

    @Test
    void replayWithoutASuiteIsRefused() {
        assertThatThrownBy(() -> request(List.of("replay"), null)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("suite");
    }

    @Test
    void aBlankPhraseIsRefused() {
        assertThatThrownBy(() -> request(null, List.of(" "))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("paraphrases");
    }
}
