package io.advunlearn.erasure;

/** How the inner attack moves its adversarial token embeddings. */
public enum AttackMethod {

    /** Adam on the raw gradient, every step used (the published code calls this pgd). */
    ADAM,
    /** One step along the gradient's sign from a random start (Fast AT). */
    FAST_AT,
    /** Several sign steps, projected to an L-infinity ball around the start. */
    PGD
}
