package io.advunlearn.evaluation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What the judges saw.
 *
 * @param task how it was made
 * @param judgement what they named
 * @param corner median colour of the four corners, red, green, blue, 0 to 255
 * @param seconds this image's share of its batch's time
 * @param measures what else was measured, {@code null} if nothing was
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record JudgedImage(ImageTask task, Judgement judgement, List<Integer> corner, double seconds, ImageMeasures measures) {

    /** Whether every judge sees the class. */
    boolean shows(String kind, String name) {
        return judgement.shows(kind, name);
    }

    boolean anyShows(String kind, String name) {
        return judgement.anyShows(kind, name);
    }
}
