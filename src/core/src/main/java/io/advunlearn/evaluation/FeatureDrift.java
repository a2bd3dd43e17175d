package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.Frechet;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;

/** Fréchet distances between the original's and the evaluated encoder's images, one for each extractor of features. */
final class FeatureDrift {

    private static final int LEAST_IMAGES = 4;

    private FeatureDrift() {
    }

    /**
     * @param before measured images of the original encoder
     * @param after of the evaluated one, same prompts and seeds
     * @return none for fewer than 4 images, or if nothing was measured
     */
    static List<Frechet> of(List<JudgedImage> before, List<JudgedImage> after, Noise noise) {
        List<Frechet> distances = new ArrayList<>();
        if (before.size() < LEAST_IMAGES || before.get(0).measures() == null) {
            return distances;
        }
        List<Integer> order = permutation(before.size(), noise);
        for (String extractor : before.get(0).measures().features().keySet()) {
            float[][] original = rows(before, order, extractor);
            float[][] evaluated = rows(after, order, extractor);
            distances.add(new Frechet(extractor, original[0].length, original.length, FrechetDistance.between(original, evaluated),
                    FrechetDistance.between(first(original), second(evaluated)), FrechetDistance.between(first(original), second(original))));
        }
        return distances;
    }

    private static float[][] rows(List<JudgedImage> images, List<Integer> order, String extractor) {
        return order.stream().map(i -> images.get(i).measures().vector(extractor)).toArray(float[][]::new);
    }

    private static float[][] first(float[][] rows) {
        return List.of(rows).subList(0, rows.length / 2).toArray(float[][]::new);
    }

    /** As many as the first, so that both halves are biased alike. */
    private static float[][] second(float[][] rows) {
        int half = rows.length / 2;
        return List.of(rows).subList(half, 2 * half).toArray(float[][]::new);
    }

    private static List<Integer> permutation(int size, Noise noise) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            order.add(noise.nextInt(order.size() + 1), i);
        }
        return order;
    }
}
