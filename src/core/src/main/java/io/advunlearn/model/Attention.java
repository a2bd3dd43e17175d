package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Weights;

/** diffusers' {@code Attention}: queries from the image, keys and values from the image (self) or the text (cross). */
final class Attention {

    private final Linear toQ;
    private final Linear toK;
    private final Linear toV;
    private final Linear toOut;
    private final int heads;

    /** @param context size of the rows that keys and values come from */
    Attention(Weights weights, int channels, int context, int heads) {
        this.heads = heads;
        toQ = Linear.withoutBias(weights.at("to_q"), channels, channels);
        toK = Linear.withoutBias(weights.at("to_k"), context, channels);
        toV = Linear.withoutBias(weights.at("to_v"), context, channels);
        toOut = Linear.of(weights.at("to_out").at(0), channels, channels);
    }

    /** Keys and values of a context, [B, M, channels] each. */
    record KeysValues(NDArray keys, NDArray values) { }

    /** @param context [B, M, context] */
    KeysValues keysValues(NDArray context) {
        return new KeysValues(toK.forward(context), toV.forward(context));
    }

    /** @param x [B, N, channels] */
    NDArray forward(NDArray x, KeysValues kv) {
        return toOut.forward(Aten.multiHeadAttention(toQ.forward(x), kv.keys, kv.values, heads, false));
    }

    /** @return [B, N, heads, channels / heads] */
    NDArray queries(NDArray x) {
        return toQ.forward(x).reshape(x.getShape().get(0), x.getShape().get(1), heads, -1);
    }

    NDArray keyWeight() {
        return toK.weight();
    }

    NDArray valueWeight() {
        return toV.weight();
    }
}
