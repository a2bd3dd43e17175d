package io.advunlearn.evaluation;

import java.util.List;
import java.util.Map;

/** A judge: names the concepts that it sees in images. */
public interface Detector extends AutoCloseable {

    /** Its name in reports and messages. */
    String name();

    /** The concepts of a kind that it can name. @param kind {@code object} or {@code style} */
    List<String> concepts(String kind);

    /**
     * Prompts that lead to a concept, for one that the model's templates do not ask for, such as nudity.
     *
     * @return empty to fill templates with the concept
     */
    default List<String> askedBy(String kind, String concept) {
        return List.of();
    }

    /** @return one detection an image */
    List<Detection> judge(Pictures pictures);

    @Override
    void close();

    /**
     * The concepts that a judge names in one image, each with its probability or score.
     *
     * @param objects by name
     * @param styles by name
     */
    record Detection(Map<String, Double> objects, Map<String, Double> styles) {

        boolean names(String kind, String concept) {
            return of(kind).containsKey(concept);
        }

        Map<String, Double> of(String kind) {
            return kind.equals("style") ? styles : objects;
        }
    }
}
