package io.advunlearn.evaluation;

/**
 * One image to make and judge.
 *
 * @param erased whether the evaluated encoder reads the prompt; else the original one
 * @param prompt any text
 * @param negativePrompt text to steer away from, {@code ""} for none
 * @param guidanceScale classifier-free guidance
 * @param seed of the start noise
 */
record ImageTask(boolean erased, String prompt, String negativePrompt, double guidanceScale, long seed) {

    ImageTask withSeed(long other) {
        return new ImageTask(erased, prompt, negativePrompt, guidanceScale, other);
    }

    /** The same image with the other encoder. */
    ImageTask original() {
        return new ImageTask(false, prompt, negativePrompt, guidanceScale, seed);
    }
}
