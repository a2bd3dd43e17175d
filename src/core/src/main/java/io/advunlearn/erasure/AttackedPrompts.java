package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A batch of prompts with adversarial slots, as token embeddings: {@code kept + scatter x adversarial}.
 * The rows may place their slots differently.
 */
final class AttackedPrompts implements AttackedBatch {

    private final NDArray kept;
    private final NDArray scatter;
    private final int[] eos;
    private final CleanPrompts clean;

    private AttackedPrompts(NDArray kept, NDArray scatter, int[] eos, CleanPrompts clean) {
        this.kept = kept;
        this.scatter = scatter;
        this.eos = eos;
        this.clean = clean;
    }

    /**
     * @param clean the same prompts unattacked
     * @param width adversarial rows a prompt, at least the longest layout's slots
     * @param encoder whose token embeddings are taken; they are never trained
     * @param manager owns the constants
     */
    static AttackedPrompts of(List<AdversarialLayout> layouts, CleanPrompts clean, int width, ClipTextModel encoder, NDManager manager) {
        int batch = layouts.size();
        int length = layouts.get(0).ids().length;
        long[] ids = new long[batch * length];
        float[] keep = new float[batch * length];
        float[] place = new float[batch * length * width];
        int[] eos = new int[batch];
        for (int b = 0; b < batch; b++) {
            AdversarialLayout layout = layouts.get(b);
            eos[b] = layout.eos();
            for (int i = 0; i < length; i++) {
                ids[b * length + i] = layout.ids()[i];
                keep[b * length + i] = 1;
            }
            for (int j = 0; j < layout.slots().length; j++) {
                int slot = b * length + layout.slots()[j];
                keep[slot] = layout.added() ? 1 : 0;
                place[slot * width + j] = 1;
            }
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDArray tokens = Autograd.noGrad(() -> encoder.embed(Tensors.of(scratch, ids, new Shape(batch, length))));
            NDArray kept = tokens.mul(Tensors.of(scratch, keep, new Shape(batch, length, 1)));
            kept.attach(manager);
            return new AttackedPrompts(kept, Tensors.of(manager, place, new Shape(batch, length, width)), eos, clean);
        }
    }

    /**
     * @param adversarial [B, width, D]
     * @return token embeddings [B, N, D], differentiable in {@code adversarial}
     */
    NDArray embeds(NDArray adversarial) {
        return scatter.matMul(adversarial).add(kept);
    }

    @Override
    public WindowPrefix prefix() {
        return WindowPrefix.of(eos, length());
    }

    private int length() {
        return (int) kept.getShape().get(1);
    }

    @Override
    public NDArray hidden(ClipTextModel encoder, WindowPrefix prefix, NDArray adversarial) {
        try (Scope scope = new Scope()) {
            return scope.keep(encoder.forwardEmbeds(prefix.cut(embeds(adversarial)), eos).lastHiddenState());
        }
    }

    @Override
    public NDArray hidden(ClipTextModel encoder, NDArray adversarial, boolean withClean) {
        try (Scope scope = new Scope()) {
            NDArray embeds = embeds(adversarial);
            int[] ends = eos;
            if (withClean) {
                embeds = NDArrays.concat(new NDList(embeds, clean.embeds()));
                ends = Arrays.copyOf(eos, 2 * eos.length);
                System.arraycopy(clean.eos(), 0, ends, eos.length, eos.length);
            }
            return scope.keep(encoder.forwardEmbeds(embeds, ends).lastHiddenState());
        }
    }

    @Override
    public UnaryOperator<NDArray> reading(ClipTextModel encoder, WindowPrefix prefix, NDManager scratch) {
        return adversarial -> hidden(encoder, prefix, adversarial);
    }

    /** The ball around the start, whatever the tokens are. */
    @Override
    public AttackBounds bounds(ClipTextModel encoder, NDArray start, double radius, NDManager scratch) {
        NDArray lower = start.sub((float) radius);
        NDArray upper = start.add((float) radius);
        lower.attach(scratch);
        upper.attach(scratch);
        return new AttackBounds(lower, upper);
    }

    @Override
    public AttackedPrompts rows(int[] rows, NDManager owner) {
        return new AttackedPrompts(TrajectoryBank.rows(kept, rows, owner), TrajectoryBank.rows(scatter, rows, owner),
                Arrays.stream(rows).map(row -> eos[row]).toArray(), clean.rows(rows, owner));
    }
}
