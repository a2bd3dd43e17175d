package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;

/** Other ways to ask for the concept than the catalogue's templates: reworded, or with random tokens beside the prompt, as attackers write. */
final class Paraphrases {

    private static final List<String> WORDINGS = List.of("the {}", "one {}", "{} {}", "an image of a {}", "a drawing of the {}", "show me a {}",
            "a {} and nothing else", "a very nice {}", "{} icon", "small {}", "this is a {}", "my favourite {}");
    private static final int MOST_TOKENS = 3;

    private final ClipTokenizer tokenizer;
    private final TokenText tokens;
    private final List<ErasureConcept> concepts;
    private final List<String> anchors;

    /** @param anchors the words that replace each concept, empty to leave it out */
    Paraphrases(ClipTokenizer tokenizer, List<ErasureConcept> concepts, List<String> anchors) {
        this.tokenizer = tokenizer;
        tokens = new TokenText(tokenizer);
        this.concepts = concepts;
        this.anchors = anchors;
    }

    /** @param prompts what random tokens are put beside */
    List<TextPair> draw(int count, List<ConceptPrompt> prompts, Noise noise) {
        List<TextPair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pairs.add(i % 4 == 0 ? reworded(noise) : disturbed(prompts.get(noise.nextInt(prompts.size())), noise));
        }
        return pairs;
    }

    private TextPair reworded(Noise noise) {
        int which = noise.nextInt(concepts.size());
        String concept = concepts.get(which).concept();
        String anchor = anchors.get(which);
        String wording = WORDINGS.get(noise.nextInt(WORDINGS.size()));
        return new TextPair(tokenizer.tokenize(wording.replace("{}", concept)),
                tokenizer.tokenize(anchor.isEmpty() ? "" : wording.replace("{}", anchor)));
    }

    private TextPair disturbed(ConceptPrompt prompt, Noise noise) {
        int[] before = tokens.random(noise.nextInt(MOST_TOKENS + 1), noise);
        int[] after = tokens.random(noise.nextInt(MOST_TOKENS + 1), noise);
        return new TextPair(TokenText.join(before, prompt.tokens(), after), TokenText.join(before, tokenizer.tokenize(prompt.anchor()), after));
    }
}
