package io.advunlearn.report;

import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.RateDifference;
import java.util.Locale;

/** Numbers and foreign text as people read them. */
final class Figures {

    private static final double KIBI = 1024;

    private Figures() {
    }

    /** For example {@code 12.5 %}. */
    static String percent(double share) {
        return number(100 * share) + " %";
    }

    /** For example {@code 12.5 % [3.5, 36.0]}. */
    static String rate(Rate rate) {
        return rate == null || rate.trials() == 0 ? "–" : percent(rate.rate()) + " " + interval(rate.low(), rate.high());
    }

    /** For example {@code 3 of 16}. */
    static String count(Rate rate) {
        return rate == null ? "–" : rate.successes() + " of " + rate.trials();
    }

    /** In points, for example {@code 0.4 [-1.2, 2.1]}. */
    static String points(RateDifference difference) {
        return number(100 * difference.difference()) + " " + interval(difference.low(), difference.high());
    }

    private static String interval(double low, double high) {
        return "[" + number(100 * low) + ", " + number(100 * high) + "]";
    }

    /** One decimal; a minus sign only where it is not zero. */
    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.equals("-0.0") ? "0.0" : text;
    }

    static String whole(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Four significant digits at most. */
    static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9 ? Long.toString((long) value) : String.format(Locale.ROOT, "%.4g", value);
    }

    static String bytes(long bytes) {
        return bytes < KIBI * KIBI * KIBI ? String.format(Locale.ROOT, "%.0f MiB", bytes / (KIBI * KIBI))
                : String.format(Locale.ROOT, "%.2f GiB", bytes / (KIBI * KIBI * KIBI));
    }

    static String duration(double seconds) {
        if (seconds < 120) {
            return number(seconds) + " s";
        }
        long minutes = Math.round(seconds / 60);
        return minutes < 120 ? minutes + " min" : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
    }

    /** Control characters and those that reorder text (Unicode's bidirectional formatting) as escapes: found prompts hold anything. */
    static String visible(String text) {
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.SURROGATE) {
                visible.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                visible.appendCodePoint(c);
            }
        });
        return visible.toString();
    }
}
