package io.advunlearn.scheduler;

/** What a denoiser's output is. Both what it says of x0 and of the noise are linear in the noisy sample and the output. */
enum Prediction {

    EPSILON, SAMPLE,

    /** {@code signal epsilon - noise x0} (arXiv 2202.00512). */
    V_PREDICTION;

    /** Factors of sample and output. */
    record Factors(double sample, double output) {
    }

    /** What gives the predicted x0. */
    Factors original(NoiseLevel level) {
        return switch (this) {
            case EPSILON -> new Factors(1 / level.signal(), -level.noise() / level.signal());
            case SAMPLE -> new Factors(0, 1);
            case V_PREDICTION -> new Factors(level.signal(), -level.noise());
        };
    }

    /** What gives the predicted noise. */
    Factors epsilon(NoiseLevel level) {
        return switch (this) {
            case EPSILON -> new Factors(0, 1);
            case SAMPLE -> new Factors(1 / level.noise(), -level.signal() / level.noise());
            case V_PREDICTION -> new Factors(level.noise(), level.signal());
        };
    }
}
