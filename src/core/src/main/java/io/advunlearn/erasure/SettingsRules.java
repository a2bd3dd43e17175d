package io.advunlearn.erasure;

import java.util.List;

/** What a setting's value must be. Every refusal names the field and what is accepted. */
final class SettingsRules {

    private SettingsRules() {
    }

    /** {@code min} and {@code max} themselves are accepted. */
    static void range(String field, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(field + " must be between " + plain(min) + " and " + plain(max) + ", not " + plain(value));
        }
    }

    static void positive(String field, double value) {
        if (!(value > 0 && value <= 100)) {
            throw new IllegalArgumentException(field + " must be above 0 and at most 100, not " + value);
        }
    }

    static void oneOf(String field, String value, String... accepted) {
        if (!List.of(accepted).contains(value)) {
            throw new IllegalArgumentException(field + " must be one of " + String.join(", ", accepted));
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
