package io.advunlearn.erasure;

/** Where adversarial tokens stand in a prompt (AdvUnlearn's attack types). */
public enum Placement {

    /** Right after the start token. */
    PREFIX,
    /** Right after the last token of the text. */
    SUFFIX,
    /** Instead of the concept's tokens. */
    REPLACE,
    /** A perturbation added to the concept's own token embeddings; the number of tokens is the concept's length. */
    ADD
}
