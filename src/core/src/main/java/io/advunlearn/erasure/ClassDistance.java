package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How well the UNet can tell prompts from a concept's: the distance of their keys and values. */
final class ClassDistance {

    /** Prompts encoded at once. */
    private static final int CHUNK = 64;

    private final PromptCatalog catalog;
    private final PromptEncoder frozen;
    private final KeyValueDistance metric;
    private final NDManager manager;

    ClassDistance(PromptCatalog catalog, PromptEncoder frozen, KeyValueDistance metric, NDManager manager) {
        this.catalog = catalog;
        this.frozen = frozen;
        this.metric = metric;
        this.manager = manager;
    }

    /**
     * Distances of classes from a concept of the same kind, over every template of that kind.
     *
     * @return one a class, in units of the distance between the concept's prompts and the empty one
     */
    double[] classes(List<String> classes, ErasureConcept concept, Noise noise) {
        double[] distances = new double[classes.size()];
        double unit = 0;
        for (String template : catalog.templatesWith(concept.kind())) {
            String filled = catalog.fillOthers(template, concept.kind(), noise);
            List<String> prompts = new ArrayList<>(List.of("", PromptCatalog.fill(filled, concept.kind(), concept.concept())));
            classes.forEach(c -> prompts.add(PromptCatalog.fill(filled, concept.kind(), c)));
            float[] row = toConcept(prompts);
            unit += row[0];
            for (int i = 0; i < distances.length; i++) {
                distances[i] += row[i + 1];
            }
        }
        for (int i = 0; i < distances.length; i++) {
            distances[i] /= unit;
        }
        return distances;
    }

    /** @param prompts the empty prompt, the concept's, others; @return distances of all but the concept's from it */
    private float[] toConcept(List<String> prompts) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray embeddings = frozen.encode(scratch, prompts);
            float[] row = Tensors.floats(metric.distance(embeddings, embeddings.get("1:2")));
            float[] others = new float[row.length - 1];
            others[0] = row[0];
            System.arraycopy(row, 2, others, 1, row.length - 2);
            return others;
        }
    }

    /** Distance of each prompt from the nearest prompt of a concept, in the same units. */
    double[] prompts(List<String> prompts, ErasureConcept concept, Noise noise) {
        double[] nearest = new double[prompts.size()];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        for (String template : catalog.templatesWith(concept.kind())) {
            String context = PromptCatalog.fill(catalog.fillOthers(template, concept.kind(), noise), concept.kind(), concept.concept());
            for (int from = 0; from < nearest.length; from += CHUNK) {
                List<String> chunk = new ArrayList<>(List.of("", context));
                chunk.addAll(prompts.subList(from, Math.min(nearest.length, from + CHUNK)));
                float[] row = toConcept(chunk);
                for (int i = 1; i < row.length; i++) {
                    nearest[from + i - 1] = Math.min(nearest[from + i - 1], row[i] / row[0]);
                }
            }
        }
        return nearest;
    }
}
