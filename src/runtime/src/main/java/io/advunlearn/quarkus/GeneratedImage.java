package io.advunlearn.quarkus;

import java.awt.image.BufferedImage;

/** One picture. */
public interface GeneratedImage {

    /** What it was drawn from; with the same seed the same request gives the same picture. */
    long seed();

    /** Pixels. */
    int width();

    /** Pixels. */
    int height();

    /** PNG bytes, which carry the encoder's version and the seed in text chunks. */
    byte[] png();

    /** 8 bits a colour, without alpha. */
    BufferedImage toBufferedImage();
}
