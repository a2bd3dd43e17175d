package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.ImageSampler;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Rollouts and predictions of the frozen model: nothing here depends on what is trained. Noise level and timestep label match
 * (the published code feeds latents 39 to 58 steps cleaner than their label). Rollouts are DDIM's, whichever scheduler the pipeline draws with.
 */
final class FrozenPredictions {

    /** The most UNet rows of one call; larger work is cut, so that the lane is free in between. */
    static final int CHUNK = 32;
    /** On a processor, which is busy with a few rows, and would keep requests waiting for more. */
    private static final int CPU_CHUNK = 8;

    private final PipelineComponents components;
    private final ClipTextModel start;
    private final Denoiser denoiser;
    private final UnetMeter meter;
    private final ErasureSettings settings;
    private final CancellationToken cancellation;
    private final ImageSampler sampler;

    /** @param start the encoder that the erasure starts from */
    FrozenPredictions(PipelineComponents components, ClipTextModel start, UnetMeter meter, ErasureSettings settings, CancellationToken cancellation) {
        this(components, start, meter, settings, cancellation, components.unet()::forward, components.unet());
    }

    /**
     * @param denoiser predicts
     * @param roller rolls latents out
     */
    FrozenPredictions(PipelineComponents components, ClipTextModel start, UnetMeter meter, ErasureSettings settings,
            CancellationToken cancellation, Denoiser denoiser, UNet2DConditionModel roller) {
        this.components = components;
        this.start = start;
        this.denoiser = denoiser;
        this.meter = meter;
        this.settings = settings;
        this.cancellation = cancellation;
        sampler = new ImageSampler(components.with(roller).with(components.scheduler().ddim()), DeviceLane.Priority.BACKGROUND);
    }

    /**
     * The frozen model's predictions at latents that another UNet rolls out: the published code samples them with the UNet in training.
     *
     * @param unet may change between rollouts
     */
    FrozenPredictions rolledOutBy(UNet2DConditionModel unet) {
        return new FrozenPredictions(components, start, meter, settings, cancellation, denoiser, unet);
    }

    /** The original model's embeddings of prompts [P, N, D]. */
    NDArray encode(List<String> prompts, NDManager manager) {
        return encode(components.baseEncoder(), prompts, manager);
    }

    /** What the encoder that the erasure starts from says to prompts [P, N, D]: what retained prompts keep. */
    NDArray encodeAtStart(List<String> prompts, NDManager manager) {
        return encode(start, prompts, manager);
    }

    private NDArray encode(ClipTextModel encoder, List<String> prompts, NDManager manager) {
        return new PromptEncoder(components.tokenizer(), encoder, components.lane()).encode(manager, prompts);
    }

    private int chunk() {
        return components.device().isGpu() ? CHUNK : CPU_CHUNK;
    }

    /** Frozen predictions [B, C, h, w], in chunks. */
    NDArray predict(NDArray latents, NDArray timesteps, NDArray context, NDManager manager) {
        long rows = latents.getShape().get(0);
        NDList parts = new NDList();
        try (NDManager scratch = manager.newSubManager()) {
            for (long from = 0; from < rows; from += chunk()) {
                cancellation.throwIfCancelled();
                String range = from + ":" + Math.min(rows, from + chunk());
                parts.add(predictChunk(latents.get(range), timesteps.get(range), context.get(range), scratch));
            }
            NDArray all = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts);
            all.attach(manager);
            return all;
        }
    }

    private NDArray predictChunk(NDArray latents, NDArray timesteps, NDArray context, NDManager manager) {
        return components.lane().callNoGrad(DeviceLane.Priority.BACKGROUND, () -> {
            latents.attach(manager);
            timesteps.attach(manager);
            context.attach(manager);
            NDArray predicted = denoiser.forward(latents, timesteps, context);
            predicted.attach(manager);
            meter.forward(latents.getShape().get(0));
            return predicted;
        });
    }

    /** The erase target of rows: the anchor's prediction, or ESD's {@code e_u - eta (e_c - e_u)}. */
    NDArray target(NDArray original, NDArray latents, NDArray timesteps, NDArray anchorContext, NDArray emptyContext, NDManager manager) {
        if ("anchor".equals(settings.target())) {
            return predict(latents, timesteps, anchorContext, manager);
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDArray empty = predict(latents, timesteps, emptyContext, scratch);
            NDArray target = empty.sub(original.sub(empty).mul((float) settings.negativeGuidance()));
            target.attach(manager);
            return target;
        }
    }

    /**
     * Rolls out start noises with guidance and keeps the latents before every step.
     *
     * @param context [S, N, D], one a start
     * @param empty [1, N, D]
     * @return steps times [S, C, h, w] stacked step by step: row {@code step * S + start}; and the timesteps in the same order
     */
    Rollouts everyStep(NDArray context, NDArray empty, Noise noise, NDManager manager) {
        long starts = context.getShape().get(0);
        List<NDArray> perChunk = new ArrayList<>();
        int[] timesteps = components.scheduler().ddim().timesteps(settings.bankSteps());
        try (NDManager scratch = manager.newSubManager()) {
            for (long from = 0; from < starts; from += chunk() / 2) {
                long to = Math.min(starts, from + chunk() / 2);
                NDArray part = context.get(from + ":" + to);
                part.attach(scratch);
                perChunk.add(rollOut(part, empty, noise, settings.bankSteps(), scratch));
            }
            // [S, T, C, h, w] over all chunks
            NDArray all = perChunk.size() == 1 ? perChunk.get(0) : NDArrays.concat(new NDList(perChunk));
            all.attach(manager);
            return new Rollouts(all, timesteps);
        }
    }

    /** @param latents [S, T, C, h, w] before each of T steps; @param timesteps T training timesteps */
    record Rollouts(NDArray latents, int[] timesteps) {
    }

    private NDArray rollOut(NDArray context, NDArray empty, Noise noise, int keep, NDManager manager) {
        NDList kept = new NDList();
        partial(context, empty, noise, keep, manager, (index, timestep, latents) -> {
            NDArray copy = latents.duplicate();
            copy.attach(manager);
            kept.add(copy);
        });
        return NDArrays.stack(kept, 1);
    }

    /**
     * Runs the first {@code steps} steps of a guided rollout of the schedule.
     *
     * @return latents after them [S, C, h, w]
     */
    NDArray partial(NDArray context, NDArray empty, Noise noise, int steps, NDManager manager, ImageSampler.Observer observer) {
        long starts = context.getShape().get(0);
        long[] seeds = new long[(int) starts];
        for (int i = 0; i < seeds.length; i++) {
            seeds[i] = (long) noise.nextInt(Integer.MAX_VALUE) << 31 | noise.nextInt(Integer.MAX_VALUE);
        }
        NDArray start = sampler.startNoise(manager, seeds);
        int rowsAStep = (int) starts * (settings.startGuidance() == 1 ? 1 : 2);
        StepListener count = (step, total) -> meter.forward(rowsAStep);
        return Autograd.noGrad(() -> sampler.sampleFirst(context, empty, start, settings.bankSteps(), steps,
                settings.startGuidance(), observer, count, cancellation));
    }

    static NDArray timesteps(NDManager manager, float[] values) {
        return Tensors.of(manager, values, new Shape(values.length));
    }
}
