package io.advunlearn.service.filter;

import io.advunlearn.pipeline.GenerationResult;
import java.util.List;

/**
 * The images of one request behind the pipeline's filter.
 *
 * @param result with a black picture in place of every withheld one, as diffusers' safety checker has it
 * @param verdicts one an image; empty where nothing is filtered
 */
public record FilteredImages(GenerationResult result, List<ImageVerdict> verdicts) {

    /** Whether an image is kept back. @param index of the image */
    public boolean withheld(int index) {
        return !verdicts.isEmpty() && verdicts.get(index).withheld();
    }

    /** Whether nothing is left. */
    public boolean allWithheld() {
        return !verdicts.isEmpty() && verdicts.stream().allMatch(ImageVerdict::withheld);
    }
}
