package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The token sequences that S-GRACE's attack starts from. */
final class SgraceSequences {

    private final ClipTokenizer tokenizer;
    private final TokenText tokens;
    private final SgraceSettings settings;
    private final String concept;
    private final List<String> related;

    SgraceSequences(ClipTokenizer tokenizer, SgraceSettings settings, String concept, List<String> related) {
        this.tokenizer = tokenizer;
        tokens = new TokenText(tokenizer);
        this.settings = settings;
        this.concept = concept;
        this.related = related;
    }

    /** The first sequence is the concept, any other is random tokens before random related keywords joined by commas; cut to fit. */
    int[] draw(int row, Noise noise) {
        int[] ids = row == 0 ? tokenizer.tokenize(concept)
                : TokenText.join(tokens.random(settings.randomIds(), noise), tokenizer.tokenize(String.join(",", keywords(noise))));
        return Arrays.copyOf(ids, Math.min(ids.length, tokenizer.maxLength() - 2));
    }

    /** No keyword twice; fewer than asked for if there are not as many. */
    private List<String> keywords(Noise noise) {
        int count = settings.minKeywords() + noise.nextInt(settings.maxKeywords() - settings.minKeywords() + 1);
        List<String> left = new ArrayList<>(related);
        List<String> drawn = new ArrayList<>();
        while (drawn.size() < count && !left.isEmpty()) {
            drawn.add(left.remove(noise.nextInt(left.size())));
        }
        return drawn;
    }
}
