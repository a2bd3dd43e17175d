package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * How differently two prompts speak to the denoiser, without running it. The UNet sees a prompt only through the key and value
 * projections of its cross-attention layers, so with {@code M = sum over layers of Wk'Wk + Wv'Wv} the squared norm
 * {@code (a - b)' M (a - b)} is the squared change of everything it receives. Compared position by position it overstates
 * the difference, since attention does not care about the order of keys: see {@link #attentionDistance}. Immutable; its array lives
 * in the manager of the UNet's weights.
 */
public final class KeyValueDistance implements AutoCloseable {

    private final NDArray metric;
    private final List<UNet2DConditionModel.KeyValue> layers;
    private final Other other;

    /** A second reader of the text: what pairs its weights with the first one's, its own metric, its layers. */
    private record Other(NDArray mixed, NDArray metric, List<UNet2DConditionModel.KeyValue> layers) {
    }

    private KeyValueDistance(NDArray metric, List<UNet2DConditionModel.KeyValue> layers, Other other) {
        this.metric = metric;
        this.layers = layers;
        this.other = other;
    }

    /** The metric of a UNet's cross-attention layers. */
    public static KeyValueDistance of(UNet2DConditionModel unet) {
        return of(unet.crossAttentionKeyValues());
    }

    /** @param layers key and value weights, each [inner, crossAttentionDim], at least one layer */
    public static KeyValueDistance of(List<UNet2DConditionModel.KeyValue> layers) {
        return new KeyValueDistance(products(layers, layers), List.copyOf(layers), null);
    }

    /**
     * How differently {@code a} speaks to one denoiser and {@code b} to another of the same architecture. Where both read the text with the
     * same weights it is {@link #of(UNet2DConditionModel)}.
     *
     * @param first reads {@code a}
     * @param second reads {@code b}
     */
    public static KeyValueDistance between(UNet2DConditionModel first, UNet2DConditionModel second) {
        return between(first.crossAttentionKeyValues(), second.crossAttentionKeyValues());
    }

    /** As the other form, layer by layer. */
    static KeyValueDistance between(List<UNet2DConditionModel.KeyValue> first, List<UNet2DConditionModel.KeyValue> second) {
        if (first.size() != second.size()) {
            throw new IllegalArgumentException("both denoisers must have the same cross-attention layers");
        }
        boolean same = true;
        for (int i = 0; i < first.size(); i++) {
            same &= first.get(i).toK().contentEquals(second.get(i).toK()) && first.get(i).toV().contentEquals(second.get(i).toV());
        }
        return same ? of(second) : new KeyValueDistance(products(first, first), List.copyOf(first),
                new Other(products(first, second), products(second, second), List.copyOf(second)));
    }

    /** The sum of F'S over the key and value weights of two readers, [D, D]. */
    private static NDArray products(List<UNet2DConditionModel.KeyValue> first, List<UNet2DConditionModel.KeyValue> second) {
        if (first.isEmpty()) {
            throw new IllegalArgumentException("layers must hold at least one cross-attention layer");
        }
        NDManager owner = first.get(0).toK().getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray sum = null;
            for (int i = 0; i < first.size(); i++) {
                for (NDArray product : List.of(product(first.get(i).toK(), second.get(i).toK(), scratch),
                        product(first.get(i).toV(), second.get(i).toV(), scratch))) {
                    sum = sum == null ? product : sum.add(product);
                }
            }
            sum.attach(owner);
            return sum;
        }
    }

    private static NDArray product(NDArray first, NDArray second, NDManager scratch) {
        NDArray f = first.duplicate();
        f.attach(scratch);
        return f.transpose().matMul(second);
    }

    /** M, [D, D], symmetric and positive semi-definite. */
    public NDArray metric() {
        return metric;
    }

    /**
     * Squared distance, averaged over positions: differentiable in both arguments.
     *
     * @param a [B, N, D] last hidden states
     * @param b [B, N, D] or [1, N, D]
     * @return [B], owned by the manager of {@code a}
     */
    public NDArray distance(NDArray a, NDArray b) {
        try (Scope scope = new Scope()) {
            return scope.keep(perPosition(a, b).mean(new int[] {1}));
        }
    }

    /**
     * Squared distance at every position, as {@link #distance}.
     *
     * @return [B, N]
     */
    public NDArray perPosition(NDArray a, NDArray b) {
        try (Scope scope = new Scope()) {
            if (other == null) {
                NDArray difference = a.sub(b);
                return scope.keep(difference.matMul(metric).mul(difference).sum(new int[] {2}));
            }
            NDArray mixed = a.matMul(other.mixed).mul(b).sum(new int[] {2});
            NDArray ownTerms = a.matMul(metric).mul(a).sum(new int[] {2}).add(b.matMul(other.metric).mul(b).sum(new int[] {2}));
            return scope.keep(ownTerms.sub(mixed).sub(mixed));
        }
    }

    /**
     * The tighter, permutation-blind form: what each cross-attention layer would answer to given queries. Differentiable in
     * {@code a} and {@code b}.
     *
     * @param a [B, N, D]
     * @param b [B, N, D] or [1, N, D]
     * @param queries for each layer, in the order of {@link UNet2DConditionModel#crossAttentionKeyValues()}, [Q, heads, headDim]
     * @return [B]: squared difference of the heads' outputs, averaged over queries and summed over layers
     */
    public NDArray attentionDistance(NDArray a, NDArray b, List<NDArray> queries) {
        return attentionDistance(a, null, b, queries);
    }

    /**
     * As the other form, with positions of {@code a} that stand for several alike.
     *
     * @param logCounts [B or 1, 1, 1, N], logarithm of how many positions each position of {@code a} stands for; {@code null} if one each
     */
    public NDArray attentionDistance(NDArray a, NDArray logCounts, NDArray b, List<NDArray> queries) {
        try (Scope scope = new Scope()) {
            return scope.keep(attentionDistance(a, logCounts, answers(b, null, queries), queries));
        }
    }

    /**
     * As the other forms, with the second text's answers made before.
     *
     * @param answers of {@link #answers}, for as many texts as {@code a} has or for one
     */
    public NDArray attentionDistance(NDArray a, NDArray logCounts, List<NDArray> answers, List<NDArray> queries) {
        requireQueries(queries);
        try (Scope scope = new Scope()) {
            NDArray total = null;
            for (int i = 0; i < layers.size(); i++) {
                NDArray difference = attend(a, layers.get(i), queries.get(i), logCounts).sub(answers.get(i));
                long count = queries.get(i).getShape().get(0);
                NDArray term = Aten.scale(difference.square().sum(new int[] {1, 2, 3}), 1.0 / count);
                total = total == null ? term : total.add(term);
            }
            return scope.keep(total);
        }
    }

    /**
     * What every cross-attention layer of the second text's denoiser answers to given queries. Differentiable in {@code context}.
     *
     * @param context [B, N, D], the second text
     * @param logCounts as for {@link #attentionDistance}
     * @return for each layer [B, heads, Q, headDim]
     */
    public List<NDArray> answers(NDArray context, NDArray logCounts, List<NDArray> queries) {
        requireQueries(queries);
        try (Scope scope = new Scope()) {
            List<UNet2DConditionModel.KeyValue> readers = other == null ? layers : other.layers;
            List<NDArray> answers = new ArrayList<>();
            for (int i = 0; i < readers.size(); i++) {
                answers.add(scope.keep(attend(context, readers.get(i), queries.get(i), logCounts)));
            }
            return answers;
        }
    }

    private void requireQueries(List<NDArray> queries) {
        if (queries.size() != layers.size()) {
            throw new IllegalArgumentException("queries must hold one array for each of the " + layers.size() + " layers, not " + queries.size());
        }
    }

    private static NDArray attend(NDArray context, UNet2DConditionModel.KeyValue layer, NDArray queries, NDArray logCounts) {
        long heads = queries.getShape().get(1);
        long headDim = queries.getShape().get(2);
        NDArray keys = split(Aten.linear(context, layer.toK(), null), heads, headDim);
        NDArray values = split(Aten.linear(context, layer.toV(), null), heads, headDim);
        NDArray scores = queries.transpose(1, 0, 2).expandDims(0).matMul(keys.transpose(0, 1, 3, 2));
        NDArray scaled = Aten.scale(scores, 1 / Math.sqrt(headDim));
        return (logCounts == null ? scaled : scaled.add(logCounts)).softmax(-1).matMul(values);
    }

    private static NDArray split(NDArray x, long heads, long headDim) {
        return x.reshape(x.getShape().get(0), x.getShape().get(1), heads, headDim).transpose(0, 2, 1, 3);
    }

    @Override
    public void close() {
        metric.close();
        if (other != null) {
            other.mixed.close();
            other.metric.close();
        }
    }
}
