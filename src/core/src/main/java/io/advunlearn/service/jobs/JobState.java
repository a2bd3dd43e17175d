package io.advunlearn.service.jobs;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where a job stands. */
public enum JobState {

    QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED;

    /** Whether nothing more happens unless somebody resumes it. */
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator
    static JobState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
