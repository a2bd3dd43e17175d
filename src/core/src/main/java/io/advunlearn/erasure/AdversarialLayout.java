package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntUnaryOperator;

/**
 * The slots of one attacked prompt: start token, text with adversarial slots, end token, padding; always the tokenizer's full length.
 * Lengths are true BPE lengths (the published code counts words).
 *
 * @param ids the prompt's ids; adversarial slots hold padding, or the concept's own tokens where the embeddings are added
 * @param slots positions of the adversarial tokens, ascending
 * @param eos position of the true end token
 * @param added whether the adversarial embeddings are added to the tokens at the slots instead of replacing them
 */
record AdversarialLayout(int[] ids, int[] slots, int eos, boolean added) {

    private static final int TOKENS_PER_SLOT = 3;

    /**
     * @param tokens k, at least 1; ignored by {@link Placement#ADD}
     * @throws IllegalArgumentException if the slots and the concept do not fit the window
     */
    static AdversarialLayout of(ConceptPrompt prompt, Placement placement, int tokens, ClipTokenizer tokenizer) {
        checkRoom(placement, tokens, prompt.length(), tokenizer);
        int slots = placement == Placement.ADD ? 0 : tokens;
        Text text = Text.of(prompt, placement == Placement.REPLACE, tokenizer.maxLength() - 2 - slots);
        int length = text.tokens().length;
        return switch (placement) {
            case PREFIX -> insert(text, slots, j -> 0, tokenizer);
            case SUFFIX -> insert(text, slots, j -> length, tokenizer);
            case MID -> insert(text, slots, j -> length / 2, tokenizer);
            case INSERT -> insert(text, slots, j -> (j + 1) * (length / (slots + 1)), tokenizer);
            case PER_WORDS -> insert(text, slots, j -> Math.min(j * TOKENS_PER_SLOT, length), tokenizer);
            case REPLACE -> insert(text, slots, j -> text.concept(), tokenizer);
            case ADD -> added(text, prompt.length(), tokenizer);
        };
    }

    /** @throws IllegalArgumentException naming what is accepted, if {@code tokens} slots and the concept do not fit the window together */
    static void checkRoom(Placement placement, int tokens, int conceptLength, ClipTokenizer tokenizer) {
        int room = tokenizer.maxLength() - 2;
        int most = switch (placement) {
            case REPLACE -> room;
            case ADD -> Integer.MAX_VALUE;
            default -> room - conceptLength;
        };
        if (conceptLength > room) {
            throw new IllegalArgumentException("concept must have at most " + room + " tokens, not " + conceptLength);
        }
        if (tokens > most) {
            throw new IllegalArgumentException("attackTokens must be at most " + most + " in placement " + placement.name().toLowerCase(Locale.ROOT)
                    + ", since a prompt has room for " + room + " tokens" + (most < room ? " and the concept takes " + conceptLength : "")
                    + "; it is " + tokens);
        }
    }

    /**
     * The text that is kept around the slots.
     *
     * @param concept index of the concept's first token, or of the gap where it was
     */
    private record Text(int[] tokens, int concept) {

        /** Without the concept if asked; cut to {@code room} tokens at its end, and at its beginning where the concept would be cut off. */
        static Text of(ConceptPrompt prompt, boolean withoutConcept, int room) {
            int end = prompt.start() + prompt.length();
            int[] all = prompt.tokens();
            int kept = prompt.length();
            if (withoutConcept) {
                all = concat(Arrays.copyOf(all, prompt.start()), Arrays.copyOfRange(all, end, all.length));
                end = prompt.start();
                kept = 0;
            }
            int to = Math.max(end, Math.min(all.length, room));
            int from = Math.max(0, to - room);
            return new Text(Arrays.copyOfRange(all, from, to), end - kept - from);
        }

        private static int[] concat(int[] a, int[] b) {
            int[] both = Arrays.copyOf(a, a.length + b.length);
            System.arraycopy(b, 0, both, a.length, b.length);
            return both;
        }
    }

    private static AdversarialLayout added(Text text, int conceptLength, ClipTokenizer tokenizer) {
        AdversarialLayout plain = insert(text, 0, j -> 0, tokenizer);
        int[] slots = new int[conceptLength];
        Arrays.setAll(slots, j -> 1 + text.concept() + j);
        return new AdversarialLayout(plain.ids(), slots, plain.eos(), true);
    }

    /** @param before for the j-th slot how many tokens of the text stand before it, never fewer than for the slot before */
    private static AdversarialLayout insert(Text text, int count, IntUnaryOperator before, ClipTokenizer tokenizer) {
        int[] ids = new int[tokenizer.maxLength()];
        Arrays.fill(ids, tokenizer.padId());
        ids[0] = tokenizer.bosId();
        int[] slots = new int[count];
        int written = 0;
        for (int j = 0; j < count; j++) {
            int upTo = before.applyAsInt(j);
            System.arraycopy(text.tokens(), written, ids, 1 + written + j, upTo - written);
            written = upTo;
            slots[j] = 1 + written + j;
        }
        System.arraycopy(text.tokens(), written, ids, 1 + written + count, text.tokens().length - written);
        int eos = 1 + text.tokens().length + count;
        ids[eos] = tokenizer.eosId();
        return new AdversarialLayout(ids, slots, eos, false);
    }
}
