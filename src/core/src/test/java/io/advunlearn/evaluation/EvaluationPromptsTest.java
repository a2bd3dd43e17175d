package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.erasure.PromptCatalog;
import io.advunlearn.evaluation.EvaluationPrompts.Prompt;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationPromptsTest {

    private final EvaluationPrompts prompts = new EvaluationPrompts(new PromptCatalog(List.of("church", "dog"), List.of("blob", "mono"),
            List.of("red", "blue"), List.of("a {object}, {style} style, {background} background", "a {object}", "{style} style")),
            List.of("church", "dog"), List.of("blob", "mono"), (kind, concept) -> List.of());

    @Test
    void askingFillsEveryTemplateOfTheKind() {
        assertThat(prompts.asking("object", "church", 1)).extracting(Prompt::text).containsExactlyInAnyOrder("a church",
                "a church, blob style, red background", "a church, blob style, blue background", "a church, mono style, red background",
                "a church, mono style, blue background");
    }

    @Test
    void promptsKnowWhatTheyAskFor() {
        assertThat(prompts.asking("object", "church", 1)).contains(new Prompt("a church, mono style, red background", "church", "mono", "red"),
                new Prompt("a church", "church", null, null));
    }

    @Test
    void aConceptWithPromptsOfItsOwnIsAskedForByThese() {
        EvaluationPrompts own = new EvaluationPrompts(new PromptCatalog(List.of("church"), List.of(), List.of(), List.of("a {object}")),
                List.of("church", "nudity"), List.of(), (kind, concept) -> concept.equals("nudity") ? List.of("bathing Venus", "after the shower") : List.of());
        assertThat(own.asking("object", "nudity", 1)).containsExactlyInAnyOrder(new Prompt("bathing Venus", "nudity", null, null),
                new Prompt("after the shower", "nudity", null, null));
        assertThat(own.retained("object", "nudity", 1, 1)).extracting(Prompt::text).containsExactly("a church");
    }

    @Test
    void withoutJudgedStylesTemplatesWithAStyleAreLeftOut() {
        EvaluationPrompts objectsOnly = new EvaluationPrompts(new PromptCatalog(List.of("church", "dog"), List.of("blob"), List.of("red"),
                List.of("a {object}, {style} style", "a {object}, {background} background", "a {object}")), List.of("church", "dog"), List.of(),
                (kind, concept) -> List.of());
        assertThat(objectsOnly.retained("object", "church", 2, 1)).extracting(Prompt::text).containsOnly("a dog, red background");
    }

    @Test
    void ifNothingElseIsJudgedTheCataloguesObjectsAreRetained() {
        EvaluationPrompts alone = new EvaluationPrompts(new PromptCatalog(List.of("dog"), List.of(), List.of(), List.of("a {object}")),
                List.of("nudity"), List.of(), (kind, concept) -> List.of());
        assertThat(alone.retained("object", "nudity", 1, 1)).containsExactly(new Prompt("a dog", null, null, null));
    }

    @Test
    void bareHasTheConceptAlone() {
        assertThat(prompts.bare("object", "dog")).extracting(Prompt::text).containsExactly("a dog");
    }

    @Test
    void neutralNeverNamesTheKind() {
        assertThat(prompts.neutral("object")).extracting(Prompt::text).contains("", "a picture", "blob style", "mono style").anyMatch(t -> t.matches("(blob|mono) style, (red|blue) background"))
                .noneMatch(t -> t.contains("church"));
        assertThat(prompts.neutral("style")).extracting(Prompt::text).contains("", "a dog").noneMatch(t -> t.contains("mono"));
    }

    @Test
    void retainedLeavesTheConceptOutAndTakesTheStylesInTurn() {
        List<Prompt> retained = prompts.retained("object", "church", 4, 1);
        assertThat(retained).extracting(Prompt::object).containsOnly("dog").hasSize(4);
        assertThat(retained).extracting(Prompt::style).containsExactly("blob", "mono", "blob", "mono");
        assertThat(prompts.retained("style", "mono", 2, 1)).extracting(Prompt::style).containsOnly("blob").hasSize(4);
    }
}
