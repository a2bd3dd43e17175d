package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;

/**
 * The published schedule: every draw rolls new start noise out to a random step of the schedule. All rows of a draw share one
 * timestep. Prompts are drawn without replacement.
 */
final class FreshRollouts implements LatentSource {

    private final FrozenPredictions frozen;
    private final PromptSet prompts;
    private final int[] schedule;
    private final Noise orders;
    private long drawn;

    /**
     * @param schedule training timesteps, descending
     * @param orders shuffles the prompts anew each time all were drawn
     */
    FreshRollouts(FrozenPredictions frozen, PromptSet prompts, int[] schedule, Noise orders) {
        this.frozen = frozen;
        this.prompts = prompts;
        this.schedule = schedule;
        this.orders = orders;
    }

    @Override
    public long position() {
        return drawn;
    }

    @Override
    public void position(long before) {
        drawn = before;
    }

    @Override
    public Draw draw(int[] contexts, Noise noise, NDManager manager) {
        int count = contexts.length;
        int steps = noise.nextInt(schedule.length);
        NDArray context = TrajectoryBank.rows(prompts.prompts(), contexts, manager);
        NDArray latents = frozen.partial(context, prompts.empty(), noise, steps, manager, null);
        float[] time = new float[count];
        Arrays.fill(time, schedule[steps]);
        NDArray timesteps = FrozenPredictions.timesteps(manager, time);
        NDArray original = frozen.predict(latents, timesteps, context, manager);
        NDArray target = prompts.retained() ? original : frozen.target(original, latents, timesteps,
                TrajectoryBank.rows(prompts.anchors(), contexts, manager),
                TrajectoryBank.rows(prompts.empty(), new int[count], manager), manager);
        return new Draw(latents, timesteps, target, original);
    }

    @Override
    public int[] pick(int count, Noise noise) {
        int size = (int) prompts.prompts().getShape().get(0);
        int[] picked = new int[count];
        for (int i = 0; i < count; i++, drawn++) {
            picked[i] = shuffled(size, orders.fork("epoch-" + drawn / size))[(int) (drawn % size)];
        }
        return picked;
    }

    private static int[] shuffled(int size, Noise noise) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = noise.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
