package io.advunlearn.erasure;

import java.util.List;

/** What {@link EncoderTraining} needs to know of a method's settings. */
interface TrainingSettings extends MethodSettings {

    /** Optimiser steps. */
    int iterations();

    /** Of Adam. */
    double learningRate();

    /** Share of the learning rate that a step has. @param iteration steps done before */
    default double rateShare(int iteration) {
        return 1;
    }

    /** Bound of the gradient's norm, 0 for none. */
    double gradientClip();

    /** Indices of the trained transformer layers, empty for all. */
    List<Integer> layers();

    /** Whether the final layer norm is trained too. */
    boolean trainFinalNorm();

    /** The same as a selection of tensors. */
    default TrainedWeights trainedWeights() {
        return new TrainedWeights(layers(), EncoderComponent.ALL, trainFinalNorm());
    }

    /** Optimiser steps between checkpoints. */
    int checkpointInterval();
}
