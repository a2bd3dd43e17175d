package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.AddedConditions;
import io.advunlearn.model.CrossAttentionContext;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.StepNoise;

/**
 * One request's way from noise to latents: what stays from step to step, and how far it has come. Its steps are made in order, on whichever
 * thread has the device. Not thread-safe.
 */
final class Trajectory {

    private final UNet2DConditionModel unet;
    private final NDManager manager;
    private final Scheduler.Run run;
    private final StepNoise noise;
    private final Texts texts;
    private final double guidanceScale;
    private NDArray latents;
    private int call;
    private boolean previewed;
    private NDArray preview;

    /**
     * What the denoiser reads of the request's texts: the rows of the negative prompt and then of the prompt, or of the prompt alone.
     *
     * @param added {@code null} but for the SDXL family
     */
    record Texts(CrossAttentionContext context, AddedConditions added) { }

    /** Makes one step after the other; closed when the trajectory is drawn or given up. */
    interface Steps extends AutoCloseable {

        void next();

        @Override
        default void close() { }
    }

    /**
     * Trajectories whose steps can be made in one call of the denoiser.
     *
     * @param unet compared by identity
     * @param latents shape of one image's latents
     */
    record Kind(UNet2DConditionModel unet, Shape latents, boolean added) { }

    /**
     * @param manager owns the latents from now on
     * @param start [B, C, h, w] standard normal; not changed
     */
    Trajectory(UNet2DConditionModel unet, NDManager manager, Scheduler.Run run, StepNoise noise, Texts texts, double guidanceScale, NDArray start) {
        this.unet = unet;
        this.manager = manager;
        this.run = run;
        this.noise = noise;
        this.texts = texts;
        this.guidanceScale = guidanceScale;
        latents = start.mul((float) run.initNoiseSigma());
        latents.attach(manager);
    }

    Kind kind() {
        return new Kind(unet, latents.getShape().slice(1), texts.added != null);
    }

    UNet2DConditionModel unet() {
        return unet;
    }

    /** The latents before the next step, or after the last. */
    NDArray latents() {
        return latents;
    }

    /** Images that are drawn together. */
    int images() {
        return (int) latents.getShape().get(0);
    }

    /** Rows of the denoiser's call. */
    int rows() {
        return guided() ? 2 * images() : images();
    }

    private boolean guided() {
        return guidanceScale != 1;
    }

    /** Of the next step; may have a fraction. */
    float timestep() {
        return run.timesteps()[call];
    }

    /** The timestep of every row, [rows] fp32; filled on the device, without a copy from the host. */
    NDArray times(NDManager scratch) {
        return scratch.full(new Shape(rows()), timestep(), DataType.FLOAT32);
    }

    Texts texts() {
        return texts;
    }

    /** What the denoiser is given in the next step, [rows, C, h, w]; owned by the scratch manager unless it is the latents themselves. */
    NDArray input(NDManager scratch) {
        NDArray scaled = run.scaleModelInput(latents, call);
        if (scaled != latents) {
            scaled.attach(scratch);
        }
        if (!guided()) {
            return scaled;
        }
        NDArray both = NDArrays.concat(new NDList(scaled, scaled));
        both.attach(scratch);
        return both;
    }

    /** Has the next step keep what it says of the image without noise, for {@link #takePreview}. */
    void previewNext() {
        previewed = true;
    }

    /** [B, C, h, w], for the caller to close. */
    NDArray takePreview() {
        NDArray taken = preview;
        preview = null;
        return taken;
    }

    /** Makes the next step. @param predicted [rows, C, h, w], what the denoiser said of {@link #input}; not kept */
    void advance(NDArray predicted) {
        try (NDManager scratch = manager.newSubManager()) {
            latents.attach(scratch);
            predicted.attach(scratch);
            NDArray output = guided() ? guided(predicted) : predicted;
            if (previewed) {
                preview = run.predictedOriginal(output, call, latents);
                preview.attach(manager);
                previewed = false;
            }
            NDArray next = run.step(output, call, latents, noise);
            next.attach(manager);
            latents = next;
            call++;
        }
    }

    private NDArray guided(NDArray predicted) {
        NDList halves = predicted.split(2);
        // filled on the device: a number sent from the host would make the host wait for it
        NDArray scale = predicted.getManager().full(new Shape(), (float) guidanceScale);
        return halves.get(0).add(halves.get(1).sub(halves.get(0)).mul(scale));
    }

    /** The next step, by itself. */
    void step() {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray input = input(scratch);
            NDArray predicted = unet.forward(input, times(scratch), texts.context, texts.added);
            predicted.attach(scratch);
            advance(predicted);
        }
    }
}
