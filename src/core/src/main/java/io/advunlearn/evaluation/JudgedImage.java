package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Detector.Verdict;
import java.util.List;

/**
 * What the judges saw.
 *
 * @param task how it was made
 * @param verdicts one a judge
 * @param corner median colour of the four corners, red, green, blue, 0 to 255
 * @param seconds this image's share of its batch's time
 */
record JudgedImage(ImageTask task, List<Verdict> verdicts, List<Integer> corner, double seconds) {

    /** Whether every judge sees the class. */
    boolean shows(String kind, String name) {
        return JudgePair.shows(verdicts, kind, name);
    }

    boolean anyShows(String kind, String name) {
        return JudgePair.anyShows(verdicts, kind, name);
    }
}
