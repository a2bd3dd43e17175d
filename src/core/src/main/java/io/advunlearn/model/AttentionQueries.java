package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** A sample of what a denoiser's cross-attention layers ask of a text, for {@link KeyValueDistance#attentionDistance}. */
public final class AttentionQueries {

    private static final int AN_IMAGE = 16;

    private AttentionQueries() {
    }

    /**
     * Denoises once and keeps the queries of a few random positions of every image. Not differentiable; runs on the caller's thread.
     *
     * @param latents [B, C, h, w], noisy
     * @param timesteps [B], fp32
     * @param encoderHiddenStates [B, N, D]
     * @param manager owns the result
     * @return for each cross-attention layer [16 B, heads, headDim]
     */
    public static List<NDArray> sample(UNet2DConditionModel unet, NDArray latents, NDArray timesteps, NDArray encoderHiddenStates,
            Noise noise, NDManager manager) {
        try (Scope scope = new Scope()) {
            List<NDArray> sampled = new ArrayList<>();
            for (NDArray layer : unet.crossAttentionQueries(latents, timesteps, encoderHiddenStates)) {
                NDArray some = scope.keep(sample(layer, noise));
                some.attach(manager);
                sampled.add(some);
            }
            return sampled;
        }
    }

    private static NDArray sample(NDArray queries, Noise noise) {
        Shape shape = queries.getShape();
        long[] rows = new long[(int) shape.get(0) * AN_IMAGE];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i / AN_IMAGE * shape.get(1) + noise.nextInt((int) shape.get(1));
        }
        return queries.reshape(-1, shape.get(2), shape.get(3)).get(Tensors.of(queries.getManager(), rows, new Shape(rows.length)));
    }
}
