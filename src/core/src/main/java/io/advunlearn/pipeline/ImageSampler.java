package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The guided sampling loop, from embeddings and start noise to pixels; shared by serving, the erasure's bank and the evaluation.
 * Every denoising step is one piece of work on the device lane. Thread-safe.
 */
public final class ImageSampler {

    private final PipelineComponents components;
    private final DeviceLane.Priority priority;
    private final StepBatcher batcher;

    /** @param priority whether the steps go before or behind serving work */
    public ImageSampler(PipelineComponents components, DeviceLane.Priority priority) {
        this(components, priority, null);
    }

    /** For serving. @param batcher joins the steps of concurrent requests */
    ImageSampler(PipelineComponents components, StepBatcher batcher) {
        this(components, DeviceLane.Priority.SERVING, batcher);
    }

    private ImageSampler(PipelineComponents components, DeviceLane.Priority priority, StepBatcher batcher) {
        this.components = components;
        this.priority = priority;
        this.batcher = batcher;
    }

    /**
     * Start noise; row {@code i} depends on {@code seeds[i]} alone.
     *
     * @return [seeds.length, C, h, w], fp32, owned by {@code manager}
     */
    public NDArray startNoise(NDManager manager, long[] seeds) {
        return startNoise(manager, seeds, components.imageSize());
    }

    /** As {@link #startNoise(NDManager, long[])}, for images of a given size. @param size must be one that the pipeline can draw */
    public NDArray startNoise(NDManager manager, long[] seeds, ImageSize size) {
        int downscale = components.vae().downscale();
        Noise[] streams = Arrays.stream(seeds).mapToObj(Noise::new).toArray(Noise[]::new);
        return Noise.rows(manager, streams, new Shape(seeds.length, components.unet().inChannels(), size.height() / downscale,
                size.width() / downscale));
    }

    /**
     * The guided trajectory of the pipeline's scheduler, with one batched UNet call a timestep.
     *
     * @param positive [B, N, D]
     * @param negative [B, N, D] or [1, N, D]; not read when {@code guidanceScale} is 1
     * @param start [B, C, h, w] standard normal; not changed
     * @param noise what stochastic schedulers add, step by step
     * @return latents [B, C, h, w], owned by the manager of {@code start}
     * @throws IllegalArgumentException if the scheduler cannot make that number of steps
     * @throws java.util.concurrent.CancellationException between steps after a cancel
     */
    public NDArray sample(NDArray positive, NDArray negative, NDArray start, StepNoise noise, int steps, double guidanceScale,
            StepListener listener, CancellationToken cancellation) {
        return sample(Conditioning.of(positive), Conditioning.of(negative), start, noise, steps, guidanceScale, listener, cancellation);
    }

    /** As the other form, for denoisers that read more of a prompt than its hidden states. */
    public NDArray sample(Conditioning positive, Conditioning negative, NDArray start, StepNoise noise, int steps, double guidanceScale,
            StepListener listener, CancellationToken cancellation) {
        return sample(positive, negative, start, noise, steps, Integer.MAX_VALUE, guidanceScale, null, listener, cancellation);
    }

    /**
     * As {@link #sample} with a scheduler that adds no noise, but stops after the first {@code count} of the schedule's timesteps.
     *
     * @param count from 0
     * @param observer sees the latents before each step, may be null
     * @return noisy latents [B, C, h, w], owned by the manager of {@code start}
     */
    public NDArray sampleFirst(NDArray positive, NDArray negative, NDArray start, int steps, int count, double guidanceScale,
            Observer observer, StepListener listener, CancellationToken cancellation) {
        return sample(Conditioning.of(positive), Conditioning.of(negative), start, StepNoise.NONE, steps, count, guidanceScale, observer, listener,
                cancellation);
    }

    private NDArray sample(Conditioning positive, Conditioning negative, NDArray start, StepNoise noise, int steps, int most, double guidanceScale,
            Observer observer, StepListener listener, CancellationToken cancellation) {
        NDManager owner = start.getManager();
        try (NDManager loop = owner.newSubManager()) {
            Scheduler.Run run = components.scheduler().start(steps, loop);
            int count = Math.min(most, run.timesteps().length);
            Conditioning rows = branches(loop, guidanceScale != 1 ? negative : null, positive);
            // keys and values of the text are the same at every step
            Trajectory.Texts texts = new Trajectory.Texts(components.lane().callNoGrad(priority, () -> components.unet().context(rows.hiddenStates())),
                    rows.added());
            Trajectory trajectory = new Trajectory(components.unet(), loop, run, noise, texts, guidanceScale, start);
            try (Trajectory.Steps of = steps(trajectory)) {
                for (int i = 0; i < count; i++) {
                    cancellation.throwIfCancelled();
                    if (observer != null) {
                        observer.before(i, trajectory.timestep(), trajectory.latents());
                    }
                    boolean previewed = listener.wantsPreview(i + 1, count);
                    if (previewed) {
                        trajectory.previewNext();
                    }
                    of.next();
                    listener.onStep(i + 1, count);
                    if (previewed) {
                        listener.onPreview(i + 1, count, preview(trajectory.takePreview()));
                    }
                }
            }
            NDArray latents = trajectory.latents();
            latents.attach(owner);
            return latents;
        }
    }

    /** Pieces of work between the steps of all requests: others go on meanwhile. */
    private List<RgbImage> preview(NDArray original) {
        try (original; NDArray pixels = decode(original)) {
            return toImages(pixels);
        }
    }

    private Trajectory.Steps steps(Trajectory trajectory) {
        return batcher != null ? batcher.join(trajectory) : () -> components.lane().runNoGrad(priority, trajectory::step);
    }

    /** The rows of both branches, or the prompt's alone, owned by {@code loop}. @param negative {@code null} without guidance */
    private static Conditioning branches(NDManager loop, Conditioning negative, Conditioning positive) {
        try (Scope scope = new Scope()) {
            Conditioning rows = negative == null ? positive.map(NDArray::duplicate)
                    : negative.repeated(positive.rows() / negative.rows()).followedBy(positive);
            return rows.map(array -> {
                array.attach(loop);
                return scope.keep(array);
            });
        }
    }

    /**
     * One picture, or one tile of a large one, is a piece of work on the device lane.
     *
     * @param latents [B, C, h, w] as {@link #sample} gives them
     * @return pixels [B, 3, H, W], clamped to [-1, 1], owned by the manager of {@code latents}
     */
    public NDArray decode(NDArray latents) {
        NDManager owner = latents.getManager();
        Function<Supplier<NDArray>, NDArray> lane = work -> components.lane().callNoGrad(priority, work);
        try (NDManager scratch = owner.newSubManager()) {
            NDArray unscaled = lane.apply(() -> components.vae().unscaled(latents));
            unscaled.attach(scratch);
            NDArray decoded = components.vae().decode(unscaled, lane);
            NDArray pixels = lane.apply(() -> decoded.clip(-1f, 1f));
            pixels.attach(owner);
            return pixels;
        }
    }

    /**
     * @param pixels [B, 3, H, W] in [-1, 1]
     * @return one 8-bit image a row, rounded as diffusers does
     */
    public List<RgbImage> toImages(NDArray pixels) {
        Shape shape = pixels.getShape();
        int batch = (int) shape.get(0);
        int height = (int) shape.get(2);
        int width = (int) shape.get(3);
        float[] values = Tensors.floats(pixels);
        int plane = height * width;
        List<RgbImage> images = new ArrayList<>(batch);
        for (int b = 0; b < batch; b++) {
            byte[] rgb = new byte[plane * 3];
            for (int c = 0; c < 3; c++) {
                int from = (b * 3 + c) * plane;
                for (int i = 0; i < plane; i++) {
                    float unit = Math.min(1, Math.max(0, values[from + i] / 2 + 0.5f));
                    rgb[i * 3 + c] = (byte) Math.round(unit * 255);
                }
            }
            images.add(new RgbImage(width, height, rgb));
        }
        return images;
    }

    /** Sees the latents before each denoising step; must not keep or close them. */
    @FunctionalInterface
    public interface Observer {

        /**
         * @param index step from 0
         * @param timestep what the denoiser is told, which may have a fraction
         * @param latents [B, C, h, w]
         */
        void before(int index, float timestep, NDArray latents);
    }
}
