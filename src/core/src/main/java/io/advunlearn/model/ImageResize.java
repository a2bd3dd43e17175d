package io.advunlearn.model;

/**
 * Pillow's {@code Image.resize} of 8-bit RGB pictures, bit for bit: a separable filter that widens when it shrinks a picture (so it does not
 * alias), with weights rounded to 22 binary places and each pass rounded to 8 bits (Pillow, {@code src/libImaging/Resample.c}).
 */
final class ImageResize {

    /** A filter's name in Pillow. */
    enum Filter {
        BILINEAR(1) {
            @Override
            double at(double x) {
                return Math.max(0, 1 - Math.abs(x));
            }
        },
        BICUBIC(2) {
            @Override
            double at(double x) {
                double d = Math.abs(x);
                return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
            }
        };

        private final int support;

        Filter(int support) {
            this.support = support;
        }

        abstract double at(double x);
    }

    private static final int PRECISION = 32 - 8 - 2;
    private static final int CHANNELS = 3;

    /** One output position: the first input position and a weight for each from there on. */
    private record Taps(int from, int[] weights) {
    }

    private ImageResize() {
    }

    /** @param rgb {@code height * width * 3} bytes; @return {@code newHeight * newWidth * 3} bytes */
    static byte[] resize(byte[] rgb, int width, int height, int newWidth, int newHeight, Filter filter) {
        byte[] wide = newWidth == width ? rgb : rows(rgb, height, width, taps(width, newWidth, filter));
        return newHeight == height ? wide : columns(wide, newWidth, taps(height, newHeight, filter));
    }

    private static byte[] rows(byte[] in, int height, int width, Taps[] taps) {
        byte[] out = new byte[height * taps.length * CHANNELS];
        for (int i = 0; i < out.length; i++) {
            int row = i / (taps.length * CHANNELS);
            out[i] = weighted(in, row * width * CHANNELS + i % CHANNELS, CHANNELS, taps[i / CHANNELS % taps.length]);
        }
        return out;
    }

    private static byte[] columns(byte[] in, int width, Taps[] taps) {
        int step = width * CHANNELS;
        byte[] out = new byte[taps.length * step];
        for (int i = 0; i < out.length; i++) {
            out[i] = weighted(in, i % step, step, taps[i / step]);
        }
        return out;
    }

    private static byte weighted(byte[] in, int offset, int step, Taps taps) {
        int sum = 1 << PRECISION - 1;
        for (int i = 0; i < taps.weights.length; i++) {
            sum += (in[offset + (taps.from + i) * step] & 255) * taps.weights[i];
        }
        return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
    }

    private static Taps[] taps(int size, int newSize, Filter filter) {
        double scale = (double) size / newSize;
        double wide = Math.max(1, scale);
        double support = filter.support * wide;
        Taps[] taps = new Taps[newSize];
        for (int i = 0; i < newSize; i++) {
            double center = (i + 0.5) * scale;
            int from = Math.max(0, (int) (center - support + 0.5));
            int to = Math.min(size, (int) (center + support + 0.5));
            taps[i] = new Taps(from, weights(from, to, center, wide, filter));
        }
        return taps;
    }

    private static int[] weights(int from, int to, double center, double wide, Filter filter) {
        double[] values = new double[to - from];
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = filter.at((i + from - center + 0.5) / wide);
            sum += values[i];
        }
        int[] weights = new int[values.length];
        for (int i = 0; i < weights.length; i++) {
            double weight = values[i] / sum * (1 << PRECISION);
            weights[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        return weights;
    }
}
