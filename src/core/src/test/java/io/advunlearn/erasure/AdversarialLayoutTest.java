package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.BundledModel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdversarialLayoutTest {

    private final ClipTokenizer tokenizer = BundledModel.pipeline().components().tokenizer();

    private ConceptPrompt prompt(String concept) {
        return ConceptPrompt.of(tokenizer, "a " + concept + ", mono style", "", concept);
    }

    @ParameterizedTest
    @ValueSource(strings = {"church", "red apple", "skyscraper", "photosynthesis"})
    void conceptSpanHasItsTrueBpeLength(String concept) {
        ConceptPrompt prompt = prompt(concept);
        int[] expected = tokenizer.tokenize(concept);
        assertThat(prompt.length()).isEqualTo(expected.length);
        assertThat(Arrays.copyOfRange(prompt.tokens(), prompt.start(), prompt.start() + prompt.length())).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(Placement.class)
    void everyLayoutHasOneStartTheTextTheSlotsAndOneTrueEnd(Placement placement) {
        for (String concept : new String[] {"church", "red apple", "skyscraper", "photosynthesis"}) {
            for (int k = 1; k <= 4; k++) {
                ConceptPrompt prompt = prompt(concept);
                AdversarialLayout layout = AdversarialLayout.of(prompt, placement, k, tokenizer);
                int slots = placement == Placement.ADD ? prompt.length() : k;
                int text = prompt.tokens().length - (placement == Placement.REPLACE ? prompt.length() : 0)
                        + (placement == Placement.ADD ? 0 : k);
                assertThat(layout.ids()).hasSize(77);
                assertThat(layout.ids()[0]).isEqualTo(tokenizer.bosId());
                assertThat(layout.eos()).isEqualTo(1 + text);
                assertThat(layout.ids()[layout.eos()]).isEqualTo(tokenizer.eosId());
                assertThat(layout.slots()).hasSize(slots);
                assertThat(Arrays.stream(layout.slots())).allMatch(s -> s > 0 && s < layout.eos());
            }
        }
    }

    @Test
    void prefixStandsBeforeTheText() {
        ConceptPrompt prompt = prompt("church");
        AdversarialLayout layout = AdversarialLayout.of(prompt, Placement.PREFIX, 2, tokenizer);
        assertThat(layout.slots()).containsExactly(1, 2);
        assertThat(Arrays.copyOfRange(layout.ids(), 3, layout.eos())).isEqualTo(prompt.tokens());
    }

    @Test
    void suffixStandsBeforeTheEnd() {
        ConceptPrompt prompt = prompt("church");
        AdversarialLayout layout = AdversarialLayout.of(prompt, Placement.SUFFIX, 1, tokenizer);
        assertThat(layout.slots()).containsExactly(layout.eos() - 1);
        assertThat(Arrays.copyOfRange(layout.ids(), 1, layout.eos() - 1)).isEqualTo(prompt.tokens());
    }

    @Test
    void replaceRemovesTheConcept() {
        ConceptPrompt prompt = prompt("red apple");
        AdversarialLayout layout = AdversarialLayout.of(prompt, Placement.REPLACE, 1, tokenizer);
        int[] concept = tokenizer.tokenize("red apple");
        assertThat(layout.slots()).containsExactly(1 + prompt.start());
        assertThat(Arrays.stream(layout.ids()).filter(id -> id == concept[0] || id == concept[1])).isEmpty();
    }

    @Test
    void addPointsAtTheConceptsOwnTokens() {
        ConceptPrompt prompt = prompt("red apple");
        AdversarialLayout layout = AdversarialLayout.of(prompt, Placement.ADD, 1, tokenizer);
        assertThat(layout.added()).isTrue();
        assertThat(Arrays.stream(layout.slots()).map(s -> layout.ids()[s]).toArray()).isEqualTo(tokenizer.tokenize("red apple"));
    }

    @Test
    void longTextIsCutButSlotsStay() {
        ConceptPrompt prompt = ConceptPrompt.of(tokenizer, "church " + "tree ".repeat(100), "", "church");
        for (Placement placement : new Placement[] {Placement.PREFIX, Placement.SUFFIX, Placement.REPLACE}) {
            AdversarialLayout layout = AdversarialLayout.of(prompt, placement, 3, tokenizer);
            assertThat(layout.eos()).isEqualTo(76);
            assertThat(layout.slots()).hasSize(3);
            assertThat(Arrays.stream(layout.slots())).allMatch(s -> s > 0 && s < 76);
        }
    }

    @Test
    void promptWithoutTheConceptIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> ConceptPrompt.of(tokenizer, "a dog", "", "church"))
                .withMessageContaining("church");
    }
}
