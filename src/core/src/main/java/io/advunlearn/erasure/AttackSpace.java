package io.advunlearn.erasure;

/** Where the inner attack acts. */
public enum AttackSpace {

    /** Token embeddings in front of the text encoder, at the slots of a {@link Placement}. */
    WORD,
    /**
     * The text encoder's output, as in RACE (arXiv 2405.16341): a perturbation of the whole window is added to it, before the UNet reads it.
     * There are no slots, so {@code placements} is empty and {@code attackTokens} does nothing. With {@code attackRadius} 0 the
     * perturbation is free and starts at zero; otherwise it starts at a random point of the L-infinity ball and is kept in it, and the perturbed
     * output is kept within the smallest and the largest value of the unperturbed one.
     */
    CONDITION
}
