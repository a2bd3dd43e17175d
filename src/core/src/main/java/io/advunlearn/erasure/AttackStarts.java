package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Where attacks begin: at random vocabulary tokens, at a perturbation of nothing or little, or where the last one of the same concept and placement ended. */
final class AttackStarts {

    private final ErasureSettings settings;
    private final List<ConceptPrompt> contexts;
    private final ClipTextModel encoder;
    private final ClipTokenizer tokenizer;
    private final int width;

    /**
     * @param contexts concept prompts that rounds name by index
     * @param encoder whose token embeddings are taken
     * @param width adversarial tokens of a row in the word space
     */
    AttackStarts(ErasureSettings settings, List<ConceptPrompt> contexts, ClipTextModel encoder, ClipTokenizer tokenizer, int width) {
        this.settings = settings;
        this.contexts = contexts;
        this.encoder = encoder;
        this.tokenizer = tokenizer;
        this.width = width;
    }

    /** Under which name the last result is kept that row {@code i} may start from: one concept's tokens are no start for another's. */
    String latest(AdversarialPrompts.Round round, int i) {
        return "latest." + contexts.get(round.contexts()[i]).concept() + "."
                + (round.placements() == null ? AttackSpace.CONDITION : round.placements().get(i));
    }

    /**
     * @param round with {@code attackRestarts} rows a prompt; all but a prompt's first start at random even where the first does not
     * @param found last results by name
     * @param scratch owns the result
     * @return [rows, width, D], or [rows, N, D] in the condition space
     */
    NDArray of(AdversarialPrompts.Round round, Map<String, NDArray> found, Noise noise, NDManager scratch) {
        NDList rows = new NDList();
        for (int i = 0; i < round.contexts().length; i++) {
            boolean first = i % settings.attackRestarts() == 0;
            NDArray latest = settings.latestStart() && first ? found.get(latest(round, i)) : null;
            NDArray row = latest != null ? latest.duplicate() : fresh(round.placements() == null ? null : round.placements().get(i), first, noise, scratch);
            row.attach(scratch);
            rows.add(row);
        }
        NDArray all = NDArrays.concat(rows);
        all.attach(scratch);
        return all;
    }

    private NDArray fresh(Placement placement, boolean first, Noise noise, NDManager scratch) {
        if (placement == null) {
            return perturbation(tokenizer.maxLength(), first && settings.attackRadius() == 0, noise, scratch);
        }
        // Drawn for added perturbations too: a row's start must not depend on the placements before it.
        int[] ids = new int[width];
        Arrays.setAll(ids, j -> noise.nextInt(tokenizer.vocabSize()));
        return placement == Placement.ADD ? perturbation(width, first, noise, scratch) : embed(ids, scratch);
    }

    /** Zero, or uniform in the attack's ball, which without a radius is one step wide. */
    private NDArray perturbation(int length, boolean zero, Noise noise, NDManager scratch) {
        float[] values = new float[length * encoder.config().hiddenSize()];
        double size = settings.attackRadius() > 0 ? settings.attackRadius() : settings.attackLearningRate();
        for (int i = 0; i < values.length && !zero; i++) {
            values[i] = (float) (size * (2 * noise.nextDouble() - 1));
        }
        return Tensors.of(scratch, values, new Shape(1, length, encoder.config().hiddenSize()));
    }

    /** Token embeddings [1, ids, D]. */
    NDArray embed(int[] ids, NDManager scratch) {
        return Autograd.noGrad(() -> encoder.embed(Tensors.of(scratch, Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length))));
    }
}
