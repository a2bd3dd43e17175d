package io.advunlearn.service.filter;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What images of a pipeline may not show, and who looks.
 *
 * @param concepts as judges name them, objects or styles; at least one
 * @param detectors a file of judges; empty for those of the pipeline's evaluations
 * @param detector the only judge that is asked, by its name; empty for all of them
 * @param threshold lowest score with which a judge's word counts, besides the judge's own threshold
 * @param action what happens to an image in which a judge names one of the concepts
 */
public record FilterSettings(List<String> concepts, Optional<Path> detectors, Optional<String> detector, double threshold, Action action) {

    /** What happens to a flagged image. */
    public enum Action { WITHHOLD, MARK }

    /** @throws IllegalArgumentException naming the setting and what is accepted */
    public FilterSettings {
        concepts = List.copyOf(concepts);
        if (concepts.isEmpty()) {
            throw new IllegalArgumentException("output-filter.concepts must name at least one concept");
        }
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("output-filter.threshold must be a number from 0 to 1, not " + threshold);
        }
    }

    /** The same with other judges where it names none. */
    public FilterSettings orJudges(Optional<Path> others) {
        return new FilterSettings(concepts, detectors.or(() -> others), detector, threshold, action);
    }
}
