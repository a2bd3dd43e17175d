package io.advunlearn.scheduler;

/**
 * How much of an image and how much noise a latent holds: {@code x = signal x0 + noise epsilon}, with squares that sum to 1.
 * Samplers that count in sigmas divide that by the signal: {@code x0 + sigma epsilon}.
 */
record NoiseLevel(double signal, double noise) {

    static NoiseLevel ofAlphaBar(double alphaBar) {
        return new NoiseLevel(Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar));
    }

    static NoiseLevel ofSigma(double sigma) {
        double signal = 1 / Math.sqrt(sigma * sigma + 1);
        return new NoiseLevel(signal, sigma * signal);
    }

    /** Half the logarithm of the signal-to-noise ratio: the time in which the solvers of DPM-Solver and UniPC step; infinite without noise. */
    double lambda() {
        return Math.log(signal) - Math.log(noise);
    }
}
