package io.advunlearn.erasure;

/** How the inner attack moves its adversarial values. Several random starts ("multi_pgd") are {@code attackRestarts} with any of them. */
public enum AttackMethod {

    /** Adam on the raw gradient, every step used (the published code calls this pgd). */
    ADAM,
    /** One step along the gradient's sign from a random start (Fast AT, arXiv 2001.03994). */
    FAST_AT,
    /** Several sign steps, projected to an L-infinity ball around the start. */
    PGD,
    /**
     * No attack of its own (free AT, arXiv 1904.12843): an outer step's backward pass gives the gradient of the weights and of the
     * adversarial values, which then take one sign step up the erase loss. A round of prompts, with its latents, is replayed for
     * {@code attackSteps} outer steps.
     */
    FREE_AT
}
