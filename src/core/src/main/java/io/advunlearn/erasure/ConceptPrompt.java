package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import java.util.Arrays;

/**
 * A prompt that holds the concept, and what it becomes.
 *
 * @param text the prompt with the concept
 * @param anchor the prompt the erased encoder should act on instead
 * @param tokens ids of the text without start, end and padding
 * @param start index in {@code tokens} of the concept's first token
 * @param length the concept's true number of BPE tokens
 * @param concept the concept
 */
public record ConceptPrompt(String text, String anchor, int[] tokens, int start, int length, String concept) {

    /** @throws IllegalArgumentException if the concept's tokens do not stand in the prompt */
    public static ConceptPrompt of(ClipTokenizer tokenizer, String text, String anchor, String concept) {
        return of(tokenizer, text, anchor, concept, false);
    }

    /** @param whole whether a prompt without the concept's tokens is taken as the concept as a whole */
    static ConceptPrompt of(ClipTokenizer tokenizer, String text, String anchor, String concept, boolean whole) {
        int[] tokens = tokenizer.tokenize(text);
        int[] part = tokenizer.tokenize(concept);
        for (int i = 0; part.length > 0 && i + part.length <= tokens.length; i++) {
            if (Arrays.equals(tokens, i, i + part.length, part, 0, part.length)) {
                return new ConceptPrompt(text, anchor, tokens, i, part.length, concept);
            }
        }
        if (whole && tokens.length > 0) {
            // Half the window, so that adversarial tokens have room.
            int[] room = Arrays.copyOf(tokens, Math.min(tokens.length, tokenizer.maxLength() / 2));
            return new ConceptPrompt(text, anchor, room, 0, room.length, concept);
        }
        throw new IllegalArgumentException("concept '" + concept + "' has no tokens of its own in the prompt '" + text + "'");
    }
}
