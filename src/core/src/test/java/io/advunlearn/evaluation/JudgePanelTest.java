package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.evaluation.Detector.Detection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JudgePanelTest {

    private static final Detection CHURCH = new Detection(Map.of("church", 0.9), Map.of("blob", 0.9));
    private static final Detection NOTHING = new Detection(Map.of(), Map.of("blob", 0.9));

    /** Knows concepts, sees nothing. */
    private record Knowing(String name, List<String> objects, List<String> styles) implements Detector {

        @Override
        public List<String> concepts(String kind) {
            return kind.equals("style") ? styles : objects;
        }

        @Override
        public List<Detection> judge(Pictures pictures) {
            return List.of();
        }

        @Override
        public void close() {
        }
    }

    private static JudgePanel panel(List<String> objectsOfFirst, List<String> objectsOfSecond) {
        return new JudgePanel(List.of(new Knowing("first", objectsOfFirst, List.of("blob")), new Knowing("second", objectsOfSecond, List.of("blob"))));
    }

    @Test
    void aConceptIsShownOnlyIfEveryJudgeNamesIt() {
        JudgePanel panel = panel(List.of("church"), List.of("church"));
        assertThat(panel.judgement(List.of(CHURCH, CHURCH)).shows("object", "church")).isTrue();
        assertThat(panel.judgement(List.of(CHURCH, NOTHING)).shows("object", "church")).isFalse();
        assertThat(panel.judgement(List.of(CHURCH, NOTHING)).anyShows("object", "church")).isTrue();
        assertThat(panel.judgement(List.of(CHURCH, NOTHING)).shows("style", "blob")).isTrue();
    }

    @Test
    void aJudgeThatDoesNotKnowTheConceptHasNoSay() {
        assertThat(panel(List.of("church"), List.of("dog")).judgement(List.of(CHURCH, NOTHING)).shows("object", "church")).isTrue();
    }

    @Test
    void thePanelKnowsWhatAnyJudgeKnows() {
        assertThat(panel(List.of("church", "dog"), List.of("dog", "cat")).concepts("object")).containsExactly("church", "dog", "cat");
    }

    @Test
    void anUnknownConceptIsRefusedWithWhatEachJudgeKnows() {
        JudgePanel panel = panel(List.of("church"), List.of("dog"));
        assertThatThrownBy(() -> panel.requireKnown("object", "zeppelin")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("concept must be one that a judge knows as object (first: church; second: dog), not zeppelin");
        assertThatThrownBy(() -> panel(List.of("dog"), List.of("dog")).requireKnown("object", "cat"))
                .hasMessage("concept must be one that a judge knows as object (first, second: dog), not cat");
        assertThatCode(() -> panel.requireKnown("object", "dog")).doesNotThrowAnyException();
    }
}
