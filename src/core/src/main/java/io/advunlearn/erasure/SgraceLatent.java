package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.ImageSampler;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The one noisy latent of the concept that S-GRACE attacks with, from a partial rollout of the frozen model. Noise level and timestep label
 * match: the rollout stops at a step of its own schedule.
 */
final class SgraceLatent {

    private final PipelineComponents components;
    private final NDArray noise;
    private final NDArray latent;
    private final int timestep;

    private SgraceLatent(PipelineComponents components, NDArray noise, NDArray latent, int timestep) {
        this.components = components;
        this.noise = noise;
        this.latent = latent;
        this.timestep = timestep;
    }

    /** @param prompt what the rollout draws */
    static SgraceLatent of(EncoderTraining training, SgraceSettings settings, String prompt, Noise random) {
        PipelineComponents components = training.components();
        int[] schedule = components.scheduler().ddim().timesteps(settings.rolloutSteps());
        int[] fitting = fitting(schedule, settings);
        int stop = fitting[random.nextInt(fitting.length)];
        NDManager manager = training.manager();
        ImageSampler sampler = new ImageSampler(components.with(components.scheduler().ddim()), DeviceLane.Priority.BACKGROUND);
        NDArray noise = sampler.startNoise(manager, new long[] {random.nextInt(Integer.MAX_VALUE)});
        int branches = settings.startGuidance() == 1 ? 1 : 2;
        NDArray latent = Autograd.noGrad(() -> sampler.sampleFirst(training.frozen().encode(manager, List.of(prompt)),
                training.frozen().encode(manager, List.of("")), noise, settings.rolloutSteps(), stop, settings.startGuidance(), null,
                (step, total) -> training.meter().forward(branches), training.cancellation()));
        return new SgraceLatent(components, noise, latent, schedule[stop]);
    }

    /** Indices of the steps whose timestep the settings allow. */
    static int[] fitting(int[] schedule, SgraceSettings settings) {
        int[] fitting = IntStream.range(0, schedule.length)
                .filter(i -> schedule[i] >= settings.timestepFrom() && schedule[i] < settings.timestepTo()).toArray();
        if (fitting.length == 0) {
            throw new IllegalArgumentException("timestepFrom to timestepTo must hold one of the schedule's timesteps "
                    + Arrays.toString(schedule));
        }
        return fitting;
    }

    /** The initial noise x_T [1, C, h, w]. */
    NDArray noise() {
        return noise;
    }

    int timestep() {
        return timestep;
    }

    /** The noise that the frozen denoiser predicts at the latent for every row of a context [B, N, D]; differentiable in it. */
    NDArray predict(NDArray context, UnetMeter meter) {
        long rows = context.getShape().get(0);
        meter.forward(rows);
        meter.backward(rows);
        NDArray time = context.getManager().full(new Shape(rows), timestep, DataType.FLOAT32);
        NDArray noisy = latent.repeat(0, rows);
        return components.scheduler().noiseSchedule().noise(noisy, components.unet().forward(noisy, time, context), timestep);
    }
}
