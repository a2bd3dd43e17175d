package io.advunlearn.evaluation;

import java.util.List;

/**
 * The difference of two rates with its 95 % interval, by Newcombe's score methods (Statistics in Medicine 17, 1998): method 10 for the
 * same trials under two conditions, its unpaired form (phi = 0) for different trials.
 *
 * @param difference first rate minus second, -1 to 1
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param trials trials of the first
 */
public record RateDifference(double difference, double low, double high, long trials) {

    /** Same trials, one entry a trial. @throws IllegalArgumentException unless both are as long */
    public static RateDifference paired(List<Boolean> first, List<Boolean> second) {
        if (first.size() != second.size()) {
            throw new IllegalArgumentException("second must have " + first.size() + " trials, not " + second.size());
        }
        long[][] table = new long[2][2];
        for (int i = 0; i < first.size(); i++) {
            table[first.get(i) ? 0 : 1][second.get(i) ? 0 : 1]++;
        }
        long n = first.size();
        return of(Rate.of(table[0][0] + table[0][1], n), Rate.of(table[0][0] + table[1][0], n), correlation(table, n));
    }

    /** Different trials. */
    public static RateDifference unpaired(Rate first, Rate second) {
        return of(first, second, 0);
    }

    /** Phi of a 2x2 table, with Newcombe's continuity correction where it is positive. */
    private static double correlation(long[][] t, long n) {
        double margins = (double) (t[0][0] + t[0][1]) * (t[1][0] + t[1][1]) * (t[0][0] + t[1][0]) * (t[0][1] + t[1][1]);
        if (margins == 0) {
            return 0;
        }
        double determinant = (double) t[0][0] * t[1][1] - (double) t[0][1] * t[1][0];
        return (determinant > 0 ? Math.max(determinant - n / 2.0, 0) : determinant) / Math.sqrt(margins);
    }

    private static RateDifference of(Rate a, Rate b, double phi) {
        double d = a.rate() - b.rate();
        double below = combine(a.rate() - a.low(), b.high() - b.rate(), phi);
        double above = combine(a.high() - a.rate(), b.rate() - b.low(), phi);
        return new RateDifference(d, d - below, d + above, a.trials());
    }

    private static double combine(double x, double y, double phi) {
        return Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
    }
}
