package io.advunlearn.evaluation;

/**
 * A share of trials with its Wilson 95 % interval (Wilson 1927).
 *
 * @param successes trials that succeeded
 * @param trials all trials
 * @param rate successes / trials, 0 without trials
 * @param low lower end of the interval, 0 to 1
 * @param high upper end of the interval, 0 to 1
 */
public record Rate(long successes, long trials, double rate, double low, double high) {

    private static final double Z = 1.959963984540054;

    /** @throws IllegalArgumentException unless 0 &lt;= successes &lt;= trials */
    public static Rate of(long successes, long trials) {
        if (successes < 0 || successes > trials) {
            throw new IllegalArgumentException("successes must be between 0 and trials (" + trials + "), not " + successes);
        }
        if (trials == 0) {
            return new Rate(0, 0, 0, 0, 1);
        }
        double p = (double) successes / trials;
        double z2 = Z * Z / trials;
        double centre = (p + z2 / 2) / (1 + z2);
        double half = Z * Math.sqrt(p * (1 - p) / trials + z2 / (4.0 * trials)) / (1 + z2);
        return new Rate(successes, trials, p, successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half);
    }

    /** Of these trials and more. */
    public Rate plus(Rate more) {
        return of(successes + more.successes, trials + more.trials);
    }
}
