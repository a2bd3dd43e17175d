package io.advunlearn.service.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What somebody may do with the admin API. Each role includes those before it. */
public enum Role {

    /** Reads: encoders, pipelines, jobs, reports, the audit log. */
    VIEWER,

    /** Erases, evaluates, and changes what pipelines serve within their floor and gates. */
    OPERATOR,

    /** Whatever there is: imports, and going below the floor and past the gates. */
    ADMIN;

    /** As files and messages name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean includes(Role other) {
        return compareTo(other) >= 0;
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public static Role of(String field, String word) {
        return Arrays.stream(values()).filter(role -> role.word().equals(word)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(field + " must be one of " + words() + ", not " + word));
    }

    static String words() {
        return Arrays.stream(values()).map(Role::word).collect(Collectors.joining(", "));
    }
}
