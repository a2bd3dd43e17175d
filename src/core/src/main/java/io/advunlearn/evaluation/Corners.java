package io.advunlearn.evaluation;

import io.advunlearn.pipeline.RgbImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The background of a picture, taken from its corners. */
final class Corners {

    private Corners() {
    }

    /** Median colour of the four corners, each a square of a sixteenth of the shorter side: red, green, blue, 0 to 255. */
    static List<Integer> colour(RgbImage image) {
        int side = Math.max(1, Math.min(image.width(), image.height()) / 16);
        int[][] channels = new int[3][4 * side * side];
        int n = 0;
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                for (int corner = 0; corner < 4; corner++, n++) {
                    int column = (corner & 1) == 0 ? x : image.width() - 1 - x;
                    int row = (corner & 2) == 0 ? y : image.height() - 1 - y;
                    for (int c = 0; c < 3; c++) {
                        channels[c][n] = image.rgb()[(row * image.width() + column) * 3 + c] & 255;
                    }
                }
            }
        }
        List<Integer> median = new ArrayList<>();
        for (int[] channel : channels) {
            Arrays.sort(channel);
            median.add((channel[(n - 1) / 2] + channel[n / 2]) / 2);
        }
        return median;
    }
}
