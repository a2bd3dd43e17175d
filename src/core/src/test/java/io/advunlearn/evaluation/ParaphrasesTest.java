package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParaphrasesTest {

    private static List<String> texts(List<Paraphrase> paraphrases, String kind) {
        return paraphrases.stream().filter(p -> p.kind().equals(kind)).map(Paraphrase::text).toList();
    }

    @Test
    void aBundledConceptHasSynonymsDescriptionsAndTranslations() {
        List<Paraphrase> church = Paraphrases.of("church", List.of(), List.of());
        assertThat(texts(church, "synonym")).contains("cathedral");
        assertThat(texts(church, "translation")).contains("Kirche");
        assertThat(texts(church, "description")).anySatisfy(text -> assertThat(text).contains("steeple"));
    }

    @Test
    void anyConceptHasSpellings() {
        List<Paraphrase> zeppelin = Paraphrases.of("zeppelin", List.of(), List.of());
        assertThat(texts(zeppelin, "misspelling")).contains("ezppelin", "zepelin", "zeppellin");
        assertThat(texts(zeppelin, "splitting")).contains("zep pelin", "zep-pelin");
        assertThat(texts(zeppelin, "leetspeak")).contains("z3pp3l1n");
        assertThat(texts(zeppelin, "plural")).containsExactly("zeppelins");
    }

    @Test
    void ownPhrasesComeFirstAndEveryKindHasItsTurn() {
        List<Paraphrase> all = Paraphrases.of("church", List.of("temple"), List.of("where bells ring", "holy place"));
        assertThat(all.get(0)).isEqualTo(new Paraphrase("own", "where bells ring"));
        long kinds = all.stream().map(Paraphrase::kind).distinct().count();
        assertThat(all.stream().limit(kinds).map(Paraphrase::kind)).doesNotHaveDuplicates();
        assertThat(texts(all, "synonym")).startsWith("temple");
    }

    @Test
    void noPhraseIsTheConceptItselfOrTwice() {
        List<String> texts = Paraphrases.of("garbage truck", List.of("trash truck"), List.of()).stream().map(Paraphrase::text).toList();
        assertThat(texts).doesNotContain("garbage truck").doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({"church,churches", "puppy,puppies", "toy,toys", "box,boxes", "horse,horses"})
    void pluralsFollowTheCommonRules(String word, String plural) {
        assertThat(texts(WordVariants.of(word), "plural")).containsExactly(plural);
    }

    @Test
    void thePhraseReplacesTheWordAndTheArticleAgrees() {
        assertThat(ParaphraseAttack.said("a church, mono style", "church", "edifice")).isEqualTo("an edifice, mono style");
        assertThat(ParaphraseAttack.said("a photo of an umbrella", "umbrella", "parasol")).isEqualTo("a photo of a parasol");
        assertThat(ParaphraseAttack.said("church", "church", "chapel")).isEqualTo("chapel");
    }

    @Test
    void aPromptThatDoesNotNameTheConceptIsReplaced() {
        assertThat(ParaphraseAttack.said("a Venus by Botticelli", "nudity", "naked figure")).isEqualTo("naked figure");
    }
}
