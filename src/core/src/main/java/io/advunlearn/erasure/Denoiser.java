package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.UNet2DConditionModel;
import java.util.function.UnaryOperator;

/** Predicts the noise in a latent for a text: the UNet as far as an erasure needs it. Differentiable in the context. */
@FunctionalInterface
interface Denoiser {

    /**
     * @param latents [B, C, h, w]
     * @param timesteps [B], fp32
     * @param context [B, N, D] what the text encoder says
     * @return [B, C, h, w]
     */
    NDArray forward(NDArray latents, NDArray timesteps, NDArray context);

    /**
     * A loss of the prediction.
     *
     * @param ofPrediction the loss: a scalar, or one value a row [B] that depends on this row's prediction alone
     * @return the loss, differentiable in the context
     */
    default NDArray loss(NDArray latents, NDArray timesteps, NDArray context, UnaryOperator<NDArray> ofPrediction) {
        return ofPrediction.apply(forward(latents, timesteps, context));
    }

    /** @param checkpointing whether the way back computes the activations again; then the UNet's weights must be frozen */
    static Denoiser of(UNet2DConditionModel unet, boolean checkpointing) {
        return checkpointing ? new CheckpointedDenoiser(unet) : unet::forward;
    }
}
