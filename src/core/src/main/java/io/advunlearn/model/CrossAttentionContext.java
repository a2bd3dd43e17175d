package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.advunlearn.model.Attention.KeysValues;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What a denoiser's cross-attention layers read of a text: their keys and values, which do not change from one denoising step to the next.
 * Made by {@link UNet2DConditionModel#context}; its arrays belong to the manager of the encoder hidden states.
 */
public final class CrossAttentionContext {

    private final Function<Attention, KeysValues> keysValues;
    /** {@code null} for one that keeps none. */
    private final Map<Attention, KeysValues> prepared;
    private List<CrossAttentionContext> parts = List.of();
    private Map<Attention, NDArray> queries;
    private NDManager queryOwner;

    private CrossAttentionContext(Map<Attention, KeysValues> prepared, Function<Attention, KeysValues> keysValues) {
        this.prepared = prepared;
        this.keysValues = keysValues;
    }

    static CrossAttentionContext prepared(Iterable<Attention> layers, NDArray encoderHiddenStates) {
        Map<Attention, KeysValues> prepared = new IdentityHashMap<>();
        layers.forEach(layer -> prepared.put(layer, layer.keysValues(encoderHiddenStates)));
        return new CrossAttentionContext(prepared, prepared::get);
    }

    /**
     * The rows of several texts one below the other, copied.
     *
     * @param contexts of {@link UNet2DConditionModel#context}, of one UNet and of equally long texts; at least one
     */
    public static CrossAttentionContext joined(List<CrossAttentionContext> contexts, NDManager owner) {
        Map<Attention, KeysValues> joined = new IdentityHashMap<>();
        for (Attention layer : contexts.get(0).prepared.keySet()) {
            List<KeysValues> all = contexts.stream().map(context -> context.prepared.get(layer)).toList();
            joined.put(layer, new KeysValues(rows(all, KeysValues::keys, owner), rows(all, KeysValues::values, owner)));
        }
        return new CrossAttentionContext(joined, joined::get);
    }

    /** Whether {@link #split} gives parts that say together what it says. */
    boolean canSplit() {
        return prepared != null && queries == null;
    }

    /**
     * Its rows, cut as {@link NDArray#split(long[])} does; kept, since one step follows another. They belong to the same manager.
     *
     * @param from rows at which parts begin, but for the first
     */
    List<CrossAttentionContext> split(long[] from) {
        if (parts.size() != from.length + 1) {
            List<Map<Attention, KeysValues>> cut = IntStream.rangeClosed(0, from.length)
                    .<Map<Attention, KeysValues>>mapToObj(part -> new IdentityHashMap<>()).toList();
            prepared.forEach((layer, whole) -> {
                NDList keys = pieces(whole.keys(), from);
                NDList values = pieces(whole.values(), from);
                for (int part = 0; part < cut.size(); part++) {
                    cut.get(part).put(layer, new KeysValues(keys.get(part), values.get(part)));
                }
            });
            parts = cut.stream().map(part -> new CrossAttentionContext(part, part::get)).toList();
        }
        return parts;
    }

    private static NDList pieces(NDArray whole, long[] from) {
        NDList pieces = whole.split(from);
        pieces.forEach(NDScope::unregister);
        return pieces;
    }

    private static NDArray rows(List<KeysValues> all, Function<KeysValues, NDArray> part, NDManager owner) {
        NDArray rows = NDArrays.concat(new NDList(all.stream().map(part).toList()));
        rows.attach(owner);
        return rows;
    }

    /** Computes a layer's keys and values when it asks for them and keeps none. */
    static CrossAttentionContext onDemand(NDArray encoderHiddenStates) {
        return new CrossAttentionContext(null, layer -> layer.keysValues(encoderHiddenStates));
    }

    /** From now on every layer's queries are kept, owned by the manager; returned by layer in order of use. */
    Map<Attention, NDArray> keepQueries(NDManager manager) {
        queryOwner = manager;
        queries = new LinkedHashMap<>();
        return queries;
    }

    /** @param x [B, N, channels], what the layer is given */
    void entering(Attention layer, NDArray x) {
        if (queries != null) {
            NDArray kept = layer.queries(x);
            kept.attach(queryOwner);
            NDScope.unregister(kept);
            queries.put(layer, kept);
        }
    }

    KeysValues of(Attention layer) {
        return keysValues.apply(layer);
    }
}
