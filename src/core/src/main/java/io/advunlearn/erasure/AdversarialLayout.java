package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import java.util.Arrays;

/**
 * The slots of one attacked prompt: start token, text with adversarial slots, end token, padding; always the tokenizer's full length.
 * Lengths are true BPE lengths (the published code counts words).
 *
 * @param ids the prompt's ids; adversarial slots hold padding
 * @param slots positions of the adversarial tokens, in order
 * @param eos position of the true end token
 * @param added whether the adversarial embeddings are added to the tokens at the slots instead of replacing them
 */
record AdversarialLayout(int[] ids, int[] slots, int eos, boolean added) {

    /**
     * @param tokens k, at least 1; ignored by {@link Placement#ADD}
     */
    static AdversarialLayout of(ConceptPrompt prompt, Placement placement, int tokens, ClipTokenizer tokenizer) {
        int[] text = prompt.tokens();
        int conceptEnd = prompt.start() + prompt.length();
        return switch (placement) {
            case PREFIX -> insert(text, 0, 0, tokens, tokenizer);
            case SUFFIX -> insert(text, text.length, text.length, tokens, tokenizer);
            case REPLACE -> insert(text, prompt.start(), conceptEnd, tokens, tokenizer);
            case ADD -> added(text, prompt.start(), conceptEnd, tokenizer);
        };
    }

    private static AdversarialLayout added(int[] text, int from, int to, ClipTokenizer tokenizer) {
        AdversarialLayout plain = insert(text, from, from, 0, tokenizer);
        int last = Math.min(to, plain.eos() - 1);
        int[] slots = new int[Math.max(0, last - from)];
        Arrays.setAll(slots, i -> 1 + from + i);
        return new AdversarialLayout(plain.ids(), slots, plain.eos(), true);
    }

    /** Replaces text[from, to) by {@code count} slots. Text that no longer fits is cut at its end, slots never are. */
    private static AdversarialLayout insert(int[] text, int from, int to, int count, ClipTokenizer tokenizer) {
        int room = tokenizer.maxLength() - 2;
        if (count > room) {
            throw new IllegalArgumentException("attackTokens must be at most " + room);
        }
        int before = Math.min(from, room - count);
        int after = Math.min(text.length - to, room - count - before);
        int[] ids = new int[tokenizer.maxLength()];
        Arrays.fill(ids, tokenizer.padId());
        ids[0] = tokenizer.bosId();
        System.arraycopy(text, 0, ids, 1, before);
        System.arraycopy(text, to, ids, 1 + before + count, after);
        int eos = 1 + before + count + after;
        ids[eos] = tokenizer.eosId();
        int[] slots = new int[count];
        Arrays.setAll(slots, i -> 1 + before + i);
        return new AdversarialLayout(ids, slots, eos, false);
    }
}
