package io.advunlearn.evaluation;

import java.util.List;

/**
 * What the judges saw.
 *
 * @param task how it was made
 * @param judgement what they named
 * @param corner median colour of the four corners, red, green, blue, 0 to 255
 * @param seconds this image's share of its batch's time
 */
record JudgedImage(ImageTask task, Judgement judgement, List<Integer> corner, double seconds) {

    /** Whether every judge sees the class. */
    boolean shows(String kind, String name) {
        return judgement.shows(kind, name);
    }

    boolean anyShows(String kind, String name) {
        return judgement.anyShows(kind, name);
    }
}
