package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;

/** The nearest real tokens of free embeddings, by cosine, as in "Hard Prompts Made Easy" (Wen et al. 2023). */
final class TokenProjection {

    private final NDArray directions;
    private final int[] words;

    /**
     * @param table token embeddings [V, D]
     * @param words ids that may be chosen: those that a text can hold
     * @param manager owns a copy of the table
     */
    TokenProjection(NDArray table, int[] words, NDManager manager) {
        this.words = words.clone();
        directions = Autograd.noGrad(() -> {
            try (NDManager scratch = manager.newSubManager()) {
                NDArray copy = table.duplicate();
                copy.attach(scratch);
                NDArray unit = copy.div(copy.square().sum(new int[] {1}, true).sqrt().add(Float.MIN_NORMAL));
                unit.attach(manager);
                return unit;
            }
        });
    }

    /** @param embeddings rows of D values; @return one id a row */
    int[] nearest(float[] embeddings) {
        int width = Math.toIntExact(directions.getShape().get(1));
        int rows = embeddings.length / width;
        int vocabulary = Math.toIntExact(directions.getShape().get(0));
        float[] cosines = Autograd.noGrad(() -> {
            try (NDManager scratch = directions.getManager().newSubManager()) {
                // A row's own length does not change its order.
                NDArray free = Tensors.of(scratch, embeddings, new Shape(rows, width));
                return Tensors.floats(Aten.linear(free, directions, null));
            }
        });
        int[] ids = new int[rows];
        for (int row = 0; row < rows; row++) {
            ids[row] = best(cosines, row * vocabulary);
        }
        return ids;
    }

    private int best(float[] cosines, int offset) {
        int best = words[0];
        for (int id : words) {
            if (cosines[offset + id] > cosines[offset + best]) {
                best = id;
            }
        }
        return best;
    }
}
