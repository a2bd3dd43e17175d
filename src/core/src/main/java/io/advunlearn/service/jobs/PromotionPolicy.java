package io.advunlearn.service.jobs;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What becomes of the candidate of a finished erasure. */
public enum PromotionPolicy {

    /** It waits for somebody who promotes it. */
    MANUAL,

    /** It is evaluated, and promoted if it passes the pipeline's gates. */
    GATED_AUTOMATIC,

    /** It is evaluated, and routed to a share of the requests if it passes the pipeline's gates. */
    CANARY;

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All of them, as requests name them. */
    public static List<String> words() {
        return Stream.of(values()).map(PromotionPolicy::word).toList();
    }

    /** @param word one of {@link #words()} */
    @JsonCreator
    public static PromotionPolicy of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
