package io.advunlearn.gateway.cli;

import java.util.Locale;

/** A rate as people read it, with the upper end of its 95 % interval. */
public final class RateText {

    private RateText() {
    }

    /** For example {@code 3/16 (19 %, at most 43 %)}. @param rate 0 to 1 @param high 0 to 1 */
    public static String of(long successes, long trials, double rate, double high) {
        return String.format(Locale.ROOT, "%d/%d (%.0f %%, at most %.0f %%)", successes, trials, 100 * rate, 100 * high);
    }
}
