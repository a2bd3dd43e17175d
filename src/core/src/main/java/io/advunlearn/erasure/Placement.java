package io.advunlearn.erasure;

/**
 * Where adversarial tokens stand in a prompt (AdvUnlearn's attack types). Positions are counted in BPE tokens of the prompt's text, not in
 * words.
 */
public enum Placement {

    /** Right after the start token. */
    PREFIX,
    /** Right after the last token of the text. */
    SUFFIX,
    /** All together in the middle of the text: after {@code L / 2} of its L tokens, rounded down. */
    MID,
    /** Spread over the text: one after every {@code L / (k + 1)} of its L tokens, rounded down; the rest of the text follows the last. */
    INSERT,
    /** One before every third token of the text, k in all; where the text is too short for k, the others stand at its end. */
    PER_WORDS,
    /** Instead of the concept's tokens. */
    REPLACE,
    /** A perturbation added to the concept's own token embeddings; the number of tokens is the concept's length. */
    ADD
}
