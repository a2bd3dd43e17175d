package io.advunlearn.quarkus.config;

import io.advunlearn.service.filter.FilterSettings;
import io.quarkus.runtime.annotations.ConfigDocDefault;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What images of a pipeline may not show, looked at by judges before anybody gets them. */
public interface OutputFilterConfig {

    /**
     * Concepts, objects or styles, as the judges name them. Without any, nothing is filtered.
     */
    Optional<List<String>> concepts();

    /**
     * A file in YAML with the judges.
     */
    @ConfigDocDefault("those of evaluations")
    Optional<Path> detectors();

    /**
     * The only judge that is asked, by its name.
     */
    @ConfigDocDefault("all of them; one that sees a concept is enough")
    Optional<String> detector();

    /**
     * Lowest score, 0 to 1, with which a judge's word counts, besides the judge's own threshold.
     */
    @WithDefault("0")
    double threshold();

    /**
     * What happens to an image that shows a concept: {@code withhold}, nobody gets it; {@code mark}, the answer says so.
     */
    @WithDefault("withhold")
    FilterSettings.Action action();
}
