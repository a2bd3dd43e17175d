package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Noisy latents of the frozen model with its predictions, sampled once. In text-encoder mode they depend on nothing that is trained,
 * so attack, erase and retain steps draw from the same bank; every step of each rollout is kept (two UNet units a latent). In UNet mode
 * the published code samples latents with the UNet in training; the bank keeps the frozen model's, which is enough because every loss
 * compares the student with the frozen model at the same latents.
 */
final class TrajectoryBank implements LatentSource {

    private final NDArray latents;
    private final NDArray target;
    private final NDArray original;
    private final float[] timesteps;
    private final int[] contexts;
    /** Rows {@code context * steps} to {@code context * steps + steps - 1} belong to one prompt. */
    private final int steps;

    private TrajectoryBank(NDArray latents, NDArray target, NDArray original, float[] timesteps, int[] contexts, int steps) {
        this.latents = latents;
        this.target = target;
        this.original = original;
        this.timesteps = timesteps;
        this.contexts = contexts;
        this.steps = steps;
    }

    /**
     * Rolls out one start noise a prompt. Concept banks roll every second start out towards the anchor: an encoder that already
     * obeys meets those latents, not the concept's.
     */
    static TrajectoryBank build(FrozenPredictions frozen, PromptSet prompts, Noise noise, NDManager manager) {
        int starts = (int) prompts.prompts().getShape().get(0);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray guides = guides(prompts, starts, scratch);
            FrozenPredictions.Rollouts rollouts = frozen.everyStep(guides, prompts.empty(), noise, scratch);
            int steps = rollouts.timesteps().length;
            Shape row = rollouts.latents().getShape().slice(2);
            NDArray latents = rollouts.latents().reshape(new Shape((long) starts * steps).addAll(row));
            float[] timesteps = new float[starts * steps];
            int[] contexts = new int[starts * steps];
            for (int i = 0; i < contexts.length; i++) {
                contexts[i] = i / steps;
                timesteps[i] = rollouts.timesteps()[i % steps];
            }
            NDArray time = FrozenPredictions.timesteps(scratch, timesteps);
            NDArray original = frozen.predict(latents, time, rows(prompts.prompts(), contexts, scratch), scratch);
            NDArray target = prompts.retained() ? original : frozen.target(original, latents, time,
                    rows(prompts.anchors(), contexts, scratch), rows(prompts.empty(), new int[contexts.length], scratch), scratch);
            latents.attach(manager);
            original.attach(manager);
            target.attach(manager);
            return new TrajectoryBank(latents, target, original, timesteps, contexts, steps);
        }
    }

    private static NDArray guides(PromptSet prompts, int starts, NDManager scratch) {
        if (prompts.retained()) {
            return prompts.prompts();
        }
        NDList rows = new NDList(starts);
        for (int i = 0; i < starts; i++) {
            NDArray row = (i % 2 == 0 ? prompts.prompts() : prompts.anchors()).get(i + ":" + (i + 1));
            row.attach(scratch);
            rows.add(row);
        }
        return NDArrays.concat(rows);
    }

    /** Reads what {@link #write} wrote. @throws SafetensorsException if it is no bank */
    static TrajectoryBank read(Safetensors saved, NDManager manager) {
        if (!saved.tensors().keySet().containsAll(List.of("latents", "original", "timesteps"))) {
            throw new SafetensorsException(saved.path() + " is no trajectory bank");
        }
        float[] schedule = saved.floats("timesteps");
        NDArray latents = tensor(saved, "latents", manager);
        NDArray original = tensor(saved, "original", manager);
        NDArray target = saved.tensors().containsKey("target") ? tensor(saved, "target", manager) : original;
        int[] contexts = new int[(int) latents.getShape().get(0)];
        Arrays.setAll(contexts, i -> i / schedule.length);
        float[] timesteps = new float[contexts.length];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = schedule[i % schedule.length];
        }
        return new TrajectoryBank(latents, target, original, timesteps, contexts, schedule.length);
    }

    private static NDArray tensor(Safetensors saved, String name, NDManager manager) {
        return Tensors.of(manager, saved.floats(name), new Shape(saved.tensors().get(name).shape()));
    }

    /** Writes the bank with the digest of every tensor, exactly as it is in memory. */
    void write(Path file) {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        Map<String, NDArray> arrays = new LinkedHashMap<>(Map.of("latents", latents, "original", original));
        if (target != original) {
            arrays.put("target", target);
        }
        arrays.forEach((name, array) -> {
            values.put(name, Tensors.floats(array));
            shapes.put(name, array.getShape().getShape());
        });
        values.put("timesteps", Arrays.copyOf(timesteps, steps));
        shapes.put("timesteps", new long[] {steps});
        Map<String, String> digests = new LinkedHashMap<>();
        values.forEach((name, floats) -> digests.put(name, Sha256.of(floats)));
        Safetensors.write(file, values, shapes, digests);
    }

    /** Bytes of its tensors. */
    long bytes() {
        return (latents.size() + original.size() + (target == original ? 0 : target.size())) * Float.BYTES;
    }

    /** Number of latents kept. */
    int size() {
        return contexts.length;
    }

    @Override
    public int[] pick(int count, Noise noise) {
        int[] picked = new int[count];
        for (int i = 0; i < count; i++) {
            picked[i] = noise.nextInt(contexts.length / steps);
        }
        return picked;
    }

    @Override
    public Draw draw(int[] wanted, Noise noise, NDManager manager) {
        int[] picked = new int[wanted.length];
        float[] time = new float[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            picked[i] = wanted[i] * steps + noise.nextInt(steps);
            time[i] = timesteps[picked[i]];
        }
        return new Draw(rows(latents, picked, manager), FrozenPredictions.timesteps(manager, time),
                rows(target, picked, manager), rows(original, picked, manager));
    }

    /** Rows of {@code array} by index, owned by {@code manager}. */
    static NDArray rows(NDArray array, int[] indices, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray index = Tensors.of(scratch, Arrays.stream(indices).asLongStream().toArray(), new Shape(indices.length));
            NDArray result = array.get(index);
            result.attach(manager);
            return result;
        }
    }
}
