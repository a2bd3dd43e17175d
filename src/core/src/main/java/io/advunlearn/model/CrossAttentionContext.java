package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.Attention.KeysValues;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What a denoiser's cross-attention layers read of a text: their keys and values, which do not change from one denoising step to the next.
 * Made by {@link UNet2DConditionModel#context}; its arrays belong to the manager of the encoder hidden states.
 */
public final class CrossAttentionContext {

    private final Map<Attention, KeysValues> keysValues = new IdentityHashMap<>();

    CrossAttentionContext(Iterable<Attention> layers, NDArray encoderHiddenStates) {
        layers.forEach(layer -> keysValues.put(layer, layer.keysValues(encoderHiddenStates)));
    }

    KeysValues of(Attention layer) {
        return keysValues.get(layer);
    }
}
