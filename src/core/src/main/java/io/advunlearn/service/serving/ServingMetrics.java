package io.advunlearn.service.serving;

import io.advunlearn.erasure.ErasureEvent;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** What a host may count. Called on serving threads: must be quick and must not throw. Nothing is called once a step. */
public interface ServingMetrics {

    /** Counts nothing. */
    ServingMetrics NONE = new ServingMetrics() {
    };

    /**
     * A pipeline is served from now on.
     *
     * @param depth requests of this pipeline that wait for the device, whenever it is asked
     * @param active requests that are being drawn, whenever it is asked
     */
    default void queue(String pipeline, IntSupplier depth, IntSupplier active) {
    }

    /**
     * A pipeline is loaded.
     *
     * @param sharing what its requests have shared so far, whenever it is asked
     */
    default void sharing(String pipeline, Supplier<TextToImagePipeline.Sharing> sharing) {
    }

    /** @param count text encoders in device memory, whenever it is asked */
    default void loadedEncoders(String pipeline, IntSupplier count) {
    }

    /**
     * @param device DJL's name of it
     * @param used bytes of its memory in use, {@code null} on a CPU, whenever it is asked
     */
    default void deviceMemory(String device, Supplier<Long> used) {
    }

    /** @param active what the text encoders' slots serve from now on: one, or two in SDXL */
    default void encoders(String pipeline, List<EncoderVersion> active) {
    }

    /** @param reason {@code queue_full} or {@code queue_timeout} */
    default void refused(String pipeline, String reason) {
    }

    /**
     * @param stage {@code queue}, {@code encode}, {@code denoise} or {@code decode}
     * @param nanos how long a request took for it, waiting for the device included
     */
    default void stage(String pipeline, String stage, long nanos) {
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
     * @param kind {@code promote}, {@code rollback}, {@code initial} or, where another replica had promoted, {@code reconcile}
     * @param outcome {@code success}; {@code busy}, another swap was running; {@code below_floor}; {@code refused}, anything else
     * @param time of loading, verification and flip
     */
    default void swap(String pipeline, String kind, String outcome, Duration time) {
    }

    /** An erasure of the pipeline's encoder got on. */
    default void erasure(String pipeline, ErasureEvent event) {
    }

    /**
     * Jobs of one kind can be asked for from now on.
     *
     * @param kind {@code erasure} or {@code evaluation}
     * @param queued jobs of this process that wait, whenever it is asked
     * @param running jobs of this process that run, whenever it is asked
     */
    default void jobs(String kind, IntSupplier queued, IntSupplier running) {
    }

    /** @param state {@code succeeded}, {@code failed} or {@code cancelled} */
    default void jobFinished(String kind, String state) {
    }
}
