package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.advunlearn.model.Attention.KeysValues;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * What a denoiser's cross-attention layers read of a text: their keys and values, which do not change from one denoising step to the next.
 * Made by {@link UNet2DConditionModel#context}; its arrays belong to the manager of the encoder hidden states.
 */
public final class CrossAttentionContext {

    private final Function<Attention, KeysValues> keysValues;
    private Map<Attention, NDArray> queries;
    private NDManager queryOwner;

    private CrossAttentionContext(Function<Attention, KeysValues> keysValues) {
        this.keysValues = keysValues;
    }

    static CrossAttentionContext prepared(Iterable<Attention> layers, NDArray encoderHiddenStates) {
        Map<Attention, KeysValues> prepared = new IdentityHashMap<>();
        layers.forEach(layer -> prepared.put(layer, layer.keysValues(encoderHiddenStates)));
        return new CrossAttentionContext(prepared::get);
    }

    /** Computes a layer's keys and values when it asks for them and keeps none. */
    static CrossAttentionContext onDemand(NDArray encoderHiddenStates) {
        return new CrossAttentionContext(layer -> layer.keysValues(encoderHiddenStates));
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
