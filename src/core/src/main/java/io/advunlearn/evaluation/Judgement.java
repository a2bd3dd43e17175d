package io.advunlearn.evaluation;

import io.advunlearn.evaluation.Detector.Detection;
import java.util.List;

/**
 * What a panel makes of one image.
 *
 * @param objects concepts that every judge who knows them names
 * @param styles as for objects
 * @param detections one a judge
 */
public record Judgement(List<String> objects, List<String> styles, List<Detection> detections) {

    /** Whether every judge who knows the concept names it. @param kind {@code object} or {@code style} */
    public boolean shows(String kind, String concept) {
        return (kind.equals("style") ? styles : objects).contains(concept);
    }

    /** Whether at least one judge names the concept. */
    public boolean anyShows(String kind, String concept) {
        return detections.stream().anyMatch(v -> v.names(kind, concept));
    }
}
