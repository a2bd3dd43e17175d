package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;

/** Which position of one prompt's embedding corresponds to each position of another's, when the two differ in one run of words. */
final class PromptAlignment {

    private PromptAlignment() {
    }

    /**
     * Common tokens correspond, from both ends; what differs corresponds in order, the last one repeated; the end token and the padding
     * after it follow the end.
     *
     * @return for every position of {@code text}'s window the position in {@code other}'s
     */
    static int[] positions(ClipTokenizer tokenizer, String text, String other) {
        return positions(tokenizer.tokenize(text), tokenizer.tokenize(other), tokenizer.maxLength());
    }

    /** @param window positions of a window; tokens are without the start, end and padding that stand in it too */
    static int[] positions(int[] text, int[] other, int window) {
        int length = Math.min(text.length, window - 2);
        int otherLength = Math.min(other.length, window - 2);
        int shorter = Math.min(length, otherLength);
        int prefix = 0;
        while (prefix < shorter && text[prefix] == other[prefix]) {
            prefix++;
        }
        int suffix = 0;
        while (suffix < shorter - prefix && text[length - 1 - suffix] == other[otherLength - 1 - suffix]) {
            suffix++;
        }
        int[] positions = new int[window];
        for (int i = 0; i < window; i++) {
            // Position 0 is the start token: token j stands at j + 1.
            if (i <= prefix) {
                positions[i] = i;
            } else if (i <= length - suffix) {
                positions[i] = Math.min(i, otherLength - suffix);
            } else {
                positions[i] = Math.min(window - 1, i - length + otherLength);
            }
        }
        return positions;
    }
}
