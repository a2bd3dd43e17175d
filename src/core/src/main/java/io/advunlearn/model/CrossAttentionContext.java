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

/**
 * What a denoiser's cross-attention layers read of a text: their keys and values, which do not change from one denoising step to the next.
 * Made by {@link UNet2DConditionModel#context}; its arrays belong to the manager of the encoder hidden states.
 */
public final class CrossAttentionContext {

    private final Function<Attention, KeysValues> keysValues;
    /** {@code null} for one that keeps none. */
    private final Map<Attention, KeysValues> prepared;
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
