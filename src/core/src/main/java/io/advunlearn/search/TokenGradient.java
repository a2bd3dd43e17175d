package io.advunlearn.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.search.TokenSearch.Slot;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Which tokens would bring a prompt nearer to a target, to first order: the gradient with respect to a token's embedding, times every
 * embedding of the vocabulary (HotFlip, Ebrahimi et al. 2018).
 */
final class TokenGradient {

    private final ClipTextModel encoder;
    private final PromptMetric metric;
    private final TokenText text;
    private final DeviceLane lane;

    TokenGradient(ClipTextModel encoder, PromptMetric metric, TokenText text, DeviceLane lane) {
        this.encoder = encoder;
        this.metric = metric;
        this.text = text;
        this.lane = lane;
    }

    /** The best ids for free positions {@code from} to {@code to}, best first: [to - from][count]. */
    int[][] best(Slot slot, int[] tokens, int from, int to, int count, NDArray target) {
        float[] scores = lane.call(DeviceLane.Priority.BACKGROUND, () -> scores(slot, tokens, from, to, target));
        int vocabulary = scores.length / (to - from);
        int[][] best = new int[to - from][];
        for (int i = 0; i < best.length; i++) {
            int row = i * vocabulary;
            best[i] = Arrays.stream(text.words()).boxed().sorted(Comparator.comparingDouble(id -> scores[row + id])).limit(count)
                    .mapToInt(id -> id).toArray();
        }
        return best;
    }

    /** First-order change of the distance for every id in each of the positions, [to - from, vocabulary]. */
    private float[] scores(Slot slot, int[] tokens, int from, int to, NDArray target) {
        int[] ids = slot.fill(tokens);
        int[] window = text.window(ids);
        int eos = text.end(ids);
        WindowPrefix prefix = WindowPrefix.of(new int[] {eos}, window.length);
        int column = 1 + slot.before().length;
        try (NDManager scratch = target.getManager().newSubManager(); Scope scope = new Scope()) {
            NDArray leaf = Autograd.leaf(encoder.embed(Tensors.of(scratch, prefix.cut(new int[][] {window}))));
            NDArray loss = Autograd.record(() -> metric.distance(encoder.forwardEmbeds(leaf, new int[] {eos}).lastHiddenState(), prefix, target).sum());
            NDArray gradient = Autograd.gradients(loss, List.of(leaf)).get(0);
            return Tensors.floats(Aten.linear(gradient.get("0, " + (column + from) + ":" + (column + to)), encoder.tokenEmbedding(), null));
        }
    }
}
