package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** UNet2DConditionModel of diffusers, driven by config.json. Immutable. */
public final class UNet2DConditionModel {

    /** Reads {@code config.json} and {@code diffusion_pytorch_model.safetensors}. Weights live in {@code manager}. */
    public static UNet2DConditionModel load(java.nio.file.Path directory, ai.djl.ndarray.NDManager manager, ai.djl.Device device) { throw new IllegalStateException("being written"); }

    public int inChannels() { throw new IllegalStateException("being written"); }

    public int sampleSize() { throw new IllegalStateException("being written"); }

    /**
     * @param sample [B, C, H, W]
     * @param timesteps [B] fp32
     * @param encoderHiddenStates [B, N, crossAttentionDim]
     * @return predicted noise [B, C, H, W]
     */
    public NDArray forward(NDArray sample, NDArray timesteps, NDArray encoderHiddenStates) { throw new IllegalStateException("being written"); }

    /** The cross-attention layers' (to_k, to_v) weights, each [inner, crossAttentionDim], in order of use. */
    public List<KeyValue> crossAttentionKeyValues() { throw new IllegalStateException("being written"); }

    public record KeyValue(String name, NDArray toK, NDArray toV) { }
}
