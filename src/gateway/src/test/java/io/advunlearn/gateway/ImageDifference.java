package io.advunlearn.gateway;

import java.awt.image.BufferedImage;

/**
 * Of two images of one size, over all colours of all pixels, each of 255.
 *
 * @param most the largest
 */
record ImageDifference(int most, long sum) {

    /** @throws IllegalArgumentException if they are not of one size */
    static ImageDifference of(BufferedImage left, BufferedImage right) {
        if (left.getWidth() != right.getWidth() || left.getHeight() != right.getHeight()) {
            throw new IllegalArgumentException(left.getWidth() + "x" + left.getHeight() + " is not " + right.getWidth() + "x" + right.getHeight());
        }
        int[] a = pixels(left);
        int[] b = pixels(right);
        int most = 0;
        long sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int shift = 0; shift <= 16; shift += 8) {
                int difference = Math.abs((a[i] >> shift & 0xff) - (b[i] >> shift & 0xff));
                most = Math.max(most, difference);
                sum += difference;
            }
        }
        return new ImageDifference(most, sum);
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
