package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.advunlearn.evaluation.ClassLosses.Named;
import io.advunlearn.evaluation.EvaluationPrompts.Prompt;
import io.advunlearn.tensor.Noise;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClassLossesTest {

    private static final List<Prompt> PROMPTS = List.of(new Prompt("a dog", "dog", null, null), new Prompt("a dog", "dog", null, null),
            new Prompt("a cat", "cat", null, null), new Prompt("a big cat", "cat", null, null));

    private static List<JudgedImage> seen(String... objects) {
        return Stream.of(objects).map(object -> new JudgedImage(null, new Judgement(List.of(object), List.of(), List.of()), List.of(), 0, null)).toList();
    }

    private static final ClassLosses LOSSES = new ClassLosses(PROMPTS, seen("dog", "dog", "cat", "dog"), seen("cat", "dog", "cat", "cat"));

    @Test
    void everyClassCountsAlike() {
        // dog loses 1 of 2, cat gains 1 of 2
        assertThat(LOSSES.mean(List.of(new Named("object", "dog")), new Noise(1)).value()).isCloseTo(0.5, within(1e-12));
        assertThat(LOSSES.mean(List.of(new Named("object", "dog"), new Named("object", "cat")), new Noise(1)).value()).isZero();
    }

    @Test
    void aClassOfOnePromptHasNoIntervalOfItsOwn() {
        Estimate dog = LOSSES.mean(List.of(new Named("object", "dog")), new Noise(1));
        assertThat(dog.high()).isEqualTo(dog.value());
        assertThat(LOSSES.mean(List.of(new Named("object", "cat")), new Noise(1)).low()).isEqualTo(-1);
    }

    @Test
    void withoutClassesNothingIsLost() {
        assertThat(LOSSES.mean(List.of(), new Noise(1)).value()).isZero();
    }
}
