package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.List;

/**
 * A batch of prompts with adversarial slots, as token embeddings: {@code kept + scatter x adversarial}.
 * The rows may place their slots differently.
 */
final class AttackedPrompts {

    private final NDArray kept;
    private final NDArray scatter;
    private final int[] eos;
    private final int length;

    /**
     * @param width adversarial rows a prompt, at least the longest layout's slots
     * @param manager owns the constants
     */
    AttackedPrompts(List<AdversarialLayout> layouts, int width, ClipTextModel encoder, NDManager manager) {
        int batch = layouts.size();
        length = layouts.get(0).ids().length;
        long[] ids = new long[batch * length];
        float[] keep = new float[batch * length];
        float[] place = new float[batch * length * width];
        eos = new int[batch];
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
            kept = tokens.mul(Tensors.of(scratch, keep, new Shape(batch, length, 1)));
            kept.attach(manager);
        }
        scatter = Tensors.of(manager, place, new Shape(batch, length, width));
    }

    /**
     * @param adversarial [B, width, D]
     * @return token embeddings [B, N, D], differentiable in {@code adversarial}
     */
    NDArray embeds(NDArray adversarial) {
        return scatter.matMul(adversarial).add(kept);
    }

    /** The positions that are enough for work without the UNet. */
    WindowPrefix prefix() {
        return WindowPrefix.of(eos, length);
    }

    /** Last hidden states of whole windows [B, N, D], differentiable. */
    NDArray hidden(ClipTextModel encoder, NDArray adversarial) {
        return encoder.forwardEmbeds(embeds(adversarial), eos).lastHiddenState();
    }

    /** Last hidden states of their first positions [B, n, D], differentiable. */
    NDArray hidden(ClipTextModel encoder, WindowPrefix prefix, NDArray adversarial) {
        return encoder.forwardEmbeds(prefix.cut(embeds(adversarial)), eos).lastHiddenState();
    }

    /** Position of each row's end token. */
    int[] eos() {
        return eos;
    }
}
