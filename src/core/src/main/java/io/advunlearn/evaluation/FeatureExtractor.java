package io.advunlearn.evaluation;

/** Turns images into features whose distribution can be compared. */
interface FeatureExtractor extends AutoCloseable {

    /** Its name in reports. */
    String name();

    /** @return one row an image */
    float[][] features(Pictures pictures);

    @Override
    void close();
}
