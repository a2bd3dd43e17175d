package io.advunlearn.erasure;

import java.util.ArrayList;
import java.util.List;

/**
 * A prompt that the user wants to stay as it is.
 *
 * @param line where it stands in the user's list, from 1
 * @param prompt its text
 */
public record RetainPrompt(int line, String prompt) {

    private static final int CHARACTERS = 1000;

    /** @throws IllegalArgumentException naming the line and what is accepted */
    public RetainPrompt {
        if (prompt == null || prompt.isBlank() || prompt.length() > CHARACTERS) {
            throw new IllegalArgumentException("retain: line " + line + " must be a prompt of 1 to " + CHARACTERS + " characters");
        }
        prompt = prompt.strip();
    }

    /** A list's entries, numbered from 1. */
    public static List<RetainPrompt> of(List<String> prompts) {
        List<RetainPrompt> numbered = new ArrayList<>();
        for (String prompt : prompts) {
            numbered.add(new RetainPrompt(numbered.size() + 1, prompt));
        }
        return numbered;
    }
}
