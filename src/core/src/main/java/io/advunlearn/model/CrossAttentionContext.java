package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.advunlearn.model.Attention.KeysValues;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a denoiser's cross-attention layers read of a text: their keys and values, which do not change from one denoising step to the next.
 * Made by {@link UNet2DConditionModel#context}; its arrays belong to the manager of the encoder hidden states.
 */
public final class CrossAttentionContext {

    private final Map<Attention, KeysValues> keysValues = new IdentityHashMap<>();
    private Map<Attention, NDArray> queries;
    private NDManager queryOwner;

    CrossAttentionContext(Iterable<Attention> layers, NDArray encoderHiddenStates) {
        layers.forEach(layer -> keysValues.put(layer, layer.keysValues(encoderHiddenStates)));
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
        return keysValues.get(layer);
    }
}
