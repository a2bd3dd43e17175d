package io.advunlearn.checkpoint;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Settings that are one of a few words. */
final class Words {

    private Words() { }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the setting and the words in lower case that are accepted */
    static <E extends Enum<E>> E parse(String setting, String text, E[] values) {
        return Arrays.stream(values).filter(value -> word(value).equals(text)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                setting + " is " + text + "; accepted: " + Arrays.stream(values).map(Words::word).collect(Collectors.joining(", "))));
    }
}
