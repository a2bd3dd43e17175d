package io.advunlearn.evaluation;

import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Percentile bootstrap (Efron 1979) over prompts: all images of a prompt are drawn together, since seeds of one prompt are not independent of each
 * other. Seeded: the same images and seed give the same interval.
 */
final class Bootstrap {

    private static final int RESAMPLES = 2000;
    private static final double LOW = 0.025;
    private static final double HIGH = 0.975;

    private Bootstrap() {
    }

    /**
     * @param prompts the prompt of each image
     * @param statistic of a list of image indices, in which images may come more than once
     */
    static Estimate estimate(List<String> prompts, ToDoubleFunction<List<Integer>> statistic, Noise noise) {
        Map<String, List<Integer>> byPrompt = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            byPrompt.computeIfAbsent(prompts.get(i), p -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> groups = new ArrayList<>(byPrompt.values());
        double[] resampled = new double[groups.isEmpty() ? 0 : RESAMPLES];
        for (int r = 0; r < resampled.length; r++) {
            List<Integer> drawn = new ArrayList<>(prompts.size());
            for (int i = 0; i < groups.size(); i++) {
                drawn.addAll(groups.get(noise.nextInt(groups.size())));
            }
            resampled[r] = statistic.applyAsDouble(drawn);
        }
        Arrays.sort(resampled);
        List<Integer> all = groups.stream().flatMap(List::stream).toList();
        return new Estimate(statistic.applyAsDouble(all), percentile(resampled, LOW), percentile(resampled, HIGH), prompts.size(), groups.size());
    }

    /** The mean of one value an image. */
    static Estimate mean(List<String> prompts, double[] values, Noise noise) {
        return estimate(prompts, rows -> rows.stream().mapToDouble(row -> values[row]).average().orElse(0), noise);
    }

    /** With linear interpolation between the two nearest values. */
    static double percentile(double[] sorted, double share) {
        if (sorted.length == 0) {
            return 0;
        }
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
