package io.advunlearn.checkpoint;

/** When pictures are decoded in tiles, which takes the memory of a tile and gives slightly other pictures. */
public enum VaeTiling {

    /** Those larger than the model's own pictures and than those its VAE was trained on. */
    AUTO,

    /** All that are larger than a tile, as diffusers after {@code enable_vae_tiling()}. */
    ON,

    /** None. */
    OFF;

    /**
     * @param setting what messages call it
     * @param word {@code auto}, {@code on} or {@code off}
     * @throws IllegalArgumentException naming what is accepted
     */
    public static VaeTiling of(String setting, String word) {
        return Words.parse(setting, word, values());
    }
}
