package io.advunlearn.erasure;

/**
 * A text and the text that the erased encoder should act on instead; the same one if it should stay as it is.
 *
 * @param text token ids without start, end and padding
 * @param target token ids without start, end and padding
 */
record TextPair(int[] text, int[] target) {

    static TextPair unchanged(int[] text) {
        return new TextPair(text, text);
    }
}
