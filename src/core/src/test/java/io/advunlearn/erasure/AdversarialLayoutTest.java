package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.pipeline.BundledModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdversarialLayoutTest {

    private static final int WINDOW = 77;
    /** Concepts of one, two, three and four tokens. */
    private static final List<String> CONCEPTS = List.of("church", "red apple", "red apple tree", "a red apple tree");
    /** A bare concept, one in the middle, one at the end, and two that do not fit the window: cut behind and before the concept. */
    private static final List<String> TEXTS = List.of("%s", "a photo of a %s, mono style, green background", "a painting of %s",
            "%s " + "tree ".repeat(100), "tree ".repeat(100) + "%s");

    private static final ClipTokenizer TOKENIZER = BundledModel.pipeline().components().tokenizer();

    private record Case(ConceptPrompt prompt, Placement placement, int tokens) {

        AdversarialLayout layout() {
            return AdversarialLayout.of(prompt, placement, tokens, TOKENIZER);
        }

        int[] concept() {
            return Arrays.copyOfRange(prompt.tokens(), prompt.start(), prompt.start() + prompt.length());
        }

        @Override
        public String toString() {
            return prompt.length() + "-token concept, k=" + tokens + ", " + prompt.text();
        }
    }

    private static ConceptPrompt prompt(String text, String concept) {
        return ConceptPrompt.of(TOKENIZER, text.formatted(concept), "", concept);
    }

    /** The largest k of a placement. */
    private static int room(Placement placement, ConceptPrompt prompt) {
        return placement == Placement.REPLACE ? WINDOW - 2 : WINDOW - 2 - prompt.length();
    }

    /** Every concept in every text, with several k up to the room's limit. */
    private static Stream<Case> cases(Placement placement) {
        List<Case> cases = new ArrayList<>();
        for (String concept : CONCEPTS) {
            for (String text : TEXTS) {
                ConceptPrompt prompt = prompt(text, concept);
                IntStream.of(1, 2, 3, 5, 20, room(placement, prompt) - 1, room(placement, prompt))
                        .forEach(k -> cases.add(new Case(prompt, placement, k)));
            }
        }
        return cases.stream();
    }

    /** Ids of the text, slots left out. */
    private static int[] kept(AdversarialLayout layout) {
        return IntStream.range(1, layout.eos()).filter(i -> layout.added() || IntStream.of(layout.slots()).noneMatch(s -> s == i))
                .map(i -> layout.ids()[i]).toArray();
    }

    @Test
    void conceptsHaveOneToFourTokens() {
        assertThat(CONCEPTS).extracting(concept -> prompt("a %s", concept).length()).containsExactly(1, 2, 3, 4);
        assertThat(CONCEPTS).allSatisfy(concept -> {
            ConceptPrompt prompt = prompt("a %s.", concept);
            assertThat(Arrays.copyOfRange(prompt.tokens(), prompt.start(), prompt.start() + prompt.length()))
                    .isEqualTo(TOKENIZER.tokenize(concept));
        });
    }

    @ParameterizedTest
    @EnumSource(Placement.class)
    void startTextAndSlotsEndThenPaddingFillTheWindow(Placement placement) {
        assertThat(cases(placement)).allSatisfy(c -> {
            AdversarialLayout layout = c.layout();
            int[] ids = layout.ids();
            assertThat(ids).hasSize(WINDOW);
            assertThat(ids[0]).isEqualTo(TOKENIZER.bosId());
            assertThat(layout.eos()).isEqualTo(1 + kept(layout).length + (layout.added() ? 0 : c.tokens()));
            assertThat(ids[layout.eos()]).isEqualTo(TOKENIZER.eosId());
            assertThat(Arrays.copyOfRange(ids, layout.eos() + 1, WINDOW)).containsOnly(padding(layout));
            assertThat(kept(layout)).doesNotContain(TOKENIZER.bosId(), TOKENIZER.eosId());
        });
    }

    private static int[] padding(AdversarialLayout layout) {
        return layout.eos() == WINDOW - 1 ? new int[0] : new int[] {TOKENIZER.padId()};
    }

    @ParameterizedTest
    @EnumSource(Placement.class)
    void slotsAreAsManyAsAskedAscendingAndWithinTheText(Placement placement) {
        assertThat(cases(placement)).allSatisfy(c -> {
            AdversarialLayout layout = c.layout();
            assertThat(layout.slots()).hasSize(placement == Placement.ADD ? c.prompt().length() : c.tokens());
            assertThat(layout.slots()[0]).isPositive();
            assertThat(layout.slots()[layout.slots().length - 1]).isLessThan(layout.eos());
            assertThat(IntStream.range(1, layout.slots().length)).allMatch(j -> layout.slots()[j] > layout.slots()[j - 1]);
        });
    }

    @ParameterizedTest
    @EnumSource(Placement.class)
    void textIsKeptInOrderAndTheConceptNeverCutOff(Placement placement) {
        assertThat(cases(placement)).allSatisfy(c -> {
            ConceptPrompt prompt = c.prompt();
            List<Integer> text = new ArrayList<>(boxed(prompt.tokens()));
            if (placement == Placement.REPLACE) {
                text.subList(prompt.start(), prompt.start() + prompt.length()).clear();
            }
            int[] kept = kept(c.layout());
            int slots = placement == Placement.ADD ? 0 : c.tokens();
            assertThat(kept.length).isEqualTo(Math.min(text.size(), WINDOW - 2 - slots));
            if (kept.length > 0) {
                assertThat(text).containsSequence(boxed(kept));
            }
            if (placement != Placement.REPLACE) {
                assertThat(boxed(kept)).containsSequence(boxed(c.concept()));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(value = Placement.class, mode = EnumSource.Mode.EXCLUDE, names = "ADD")
    void moreTokensThanThereIsRoomForAreRefused(Placement placement) {
        for (String concept : CONCEPTS) {
            ConceptPrompt prompt = prompt(TEXTS.get(1), concept);
            int room = room(placement, prompt);
            assertThatIllegalArgumentException().isThrownBy(() -> AdversarialLayout.of(prompt, placement, room + 1, TOKENIZER))
                    .withMessageContaining("attackTokens must be at most " + room + " in placement " + placement.name().toLowerCase(Locale.ROOT));
        }
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** The layout in words: {@code -} for a slot, the tokens' text elsewhere. */
    private static String words(String text, String concept, Placement placement, int tokens) {
        AdversarialLayout layout = AdversarialLayout.of(prompt(text, concept), placement, tokens, TOKENIZER);
        List<String> words = new ArrayList<>();
        for (int i = 1; i < layout.eos(); i++) {
            int position = i;
            words.add(IntStream.of(layout.slots()).anyMatch(s -> s == position) ? "-" : TOKENIZER.decode(new int[] {layout.ids()[i]}));
        }
        return String.join(" ", words);
    }

    @Test
    void everyPlacementByHand() {
        // Six tokens: "a red apple and a cat"; MID after 6/2 = 3, INSERT after every 6/(2+1) = 2, PER_WORDS before tokens 0 and 3.
        assertThat(words("a %s and a cat", "red apple", Placement.PREFIX, 2)).isEqualTo("- - a red apple and a cat");
        assertThat(words("a %s and a cat", "red apple", Placement.SUFFIX, 2)).isEqualTo("a red apple and a cat - -");
        assertThat(words("a %s and a cat", "red apple", Placement.MID, 2)).isEqualTo("a red apple - - and a cat");
        assertThat(words("a %s and a cat", "red apple", Placement.INSERT, 2)).isEqualTo("a red - apple and - a cat");
        assertThat(words("a %s and a cat", "red apple", Placement.PER_WORDS, 2)).isEqualTo("- a red apple - and a cat");
        assertThat(words("a %s and a cat", "red apple", Placement.REPLACE, 1)).isEqualTo("a - and a cat");
        assertThat(words("a %s and a cat", "red apple", Placement.ADD, 9)).isEqualTo("a - - and a cat");
    }

    @Test
    void shortTextsByHand() {
        // One token: half of it is none, a third too; the second group of three does not exist.
        assertThat(words("%s", "church", Placement.MID, 2)).isEqualTo("- - church");
        assertThat(words("%s", "church", Placement.INSERT, 2)).isEqualTo("- - church");
        assertThat(words("%s", "church", Placement.PER_WORDS, 3)).isEqualTo("- church - -");
        // Three tokens, k = 2: after every 3/(2+1) = 1, the last token follows.
        assertThat(words("a %s", "red apple", Placement.INSERT, 2)).isEqualTo("a - red - apple");
        assertThat(words("a %s", "red apple", Placement.MID, 1)).isEqualTo("a - red apple");
    }

    @Test
    void addedSlotsHoldTheConceptsOwnTokens() {
        AdversarialLayout layout = AdversarialLayout.of(prompt(TEXTS.get(1), "red apple"), Placement.ADD, 1, TOKENIZER);
        assertThat(layout.added()).isTrue();
        assertThat(Arrays.stream(layout.slots()).map(s -> layout.ids()[s]).toArray()).isEqualTo(TOKENIZER.tokenize("red apple"));
    }

    @Test
    void promptWithoutTheConceptIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> ConceptPrompt.of(TOKENIZER, "a dog", "", "church"))
                .withMessageContaining("church");
    }
}
