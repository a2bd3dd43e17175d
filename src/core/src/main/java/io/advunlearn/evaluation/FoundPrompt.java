package io.advunlearn.evaluation;

import java.util.List;

/**
 * A prompt that reached a concept through an encoder, to be tried again on later ones.
 *
 * @param attack which attack found it
 * @param concept what it showed
 * @param kind {@code object} or {@code style}
 * @param encoder SHA-256 over the tensors of the encoder that it was found against
 * @param prompt its text, at most 4000 characters
 * @param negativePrompt its negative prompt, {@code ""} for none
 * @param guidanceScale its guidance, 1 to 20
 * @param seeds seeds with which it showed the concept, at least one
 */
public record FoundPrompt(String attack, String concept, String kind, String encoder, String prompt, String negativePrompt, double guidanceScale,
        List<Long> seeds) {

    private static final int CHARACTERS = 4000;

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public FoundPrompt {
        if (attack == null || concept == null || kind == null || encoder == null) {
            throw new IllegalArgumentException("a found prompt must have attack, concept, kind and encoder");
        }
        negativePrompt = negativePrompt == null ? "" : negativePrompt;
        if (prompt == null || prompt.length() > CHARACTERS || negativePrompt.length() > CHARACTERS) {
            throw new IllegalArgumentException("prompt and negativePrompt of a found prompt must be texts of at most " + CHARACTERS + " characters");
        }
        if (!(guidanceScale >= 1 && guidanceScale <= 20)) {
            throw new IllegalArgumentException("guidanceScale of a found prompt must be between 1 and 20, not " + guidanceScale);
        }
        if (seeds == null || seeds.isEmpty()) {
            throw new IllegalArgumentException("seeds of a found prompt must hold at least one seed");
        }
        seeds = List.copyOf(seeds);
    }
}
