package io.advunlearn.service.serving;

import io.advunlearn.pipeline.TextToImagePipeline;
import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** What a host may count. Called on serving threads: must be quick and must not throw. */
public interface ServingMetrics {

    /** Counts nothing. */
    ServingMetrics NONE = new ServingMetrics() {
    };

    /** @param depth requests of this pipeline that wait for the device, whenever it is asked */
    default void queue(String pipeline, IntSupplier depth) {
    }

    /** @param sharing what its requests have shared so far, whenever it is asked */
    default void sharing(String pipeline, Supplier<TextToImagePipeline.Sharing> sharing) {
    }

    /** @param encoder the id of the encoder that the images were made with */
    default void images(String pipeline, String encoder, int count) {
    }

    /** @param outcome of the output filter: {@code passed}, {@code marked}, {@code withheld}, or {@code failed} if they could not be judged */
    default void filtered(String pipeline, String outcome, int count) {
    }

    /**
     * @param outcome {@code success}, {@code cancelled} or {@code error}
     * @param time from leaving the queue to the last image
     */
    default void generation(String pipeline, String outcome, Duration time) {
    }

    /**
     * @param kind {@code promote}, {@code rollback} or {@code initial}
     * @param outcome {@code success} or {@code refused}
     * @param time of loading, verification and flip
     */
    default void swap(String pipeline, String kind, String outcome, Duration time) {
    }
}
