package io.advunlearn.service.filter;

import java.util.List;

/**
 * What a filter makes of one image. It has no scores: they would tell whoever searches for prompts how close he is.
 *
 * @param concepts those of the filter's that a judge sees
 * @param withheld whether the image is kept back for that
 */
public record ImageVerdict(List<String> concepts, boolean withheld) {

    /** Whether a judge sees any of them. */
    public boolean flagged() {
        return !concepts.isEmpty();
    }
}
