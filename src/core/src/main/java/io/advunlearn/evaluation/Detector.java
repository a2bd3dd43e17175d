package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Judges images. */
public interface Detector extends AutoCloseable {

    /** Classes of the object head, {@code other} last. */
    List<String> objects();

    /** Classes of the style head, {@code other} last. */
    List<String> styles();

    /**
     * @param images float [B, 3, H, W] in [-1, 1]
     * @return one verdict an image
     */
    List<Verdict> judge(NDArray images);

    @Override
    void close();

    /**
     * @param object most likely object class, or {@code other} if its probability is below the class's threshold
     * @param objectProbability softmax probability of the most likely object class
     * @param style as for object
     * @param styleProbability as for object
     */
    record Verdict(String object, double objectProbability, String style, double styleProbability) {
    }
}
