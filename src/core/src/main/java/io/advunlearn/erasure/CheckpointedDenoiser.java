package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.CheckpointedUnet;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.tensor.Autograd;
import java.util.function.UnaryOperator;

/** A frozen UNet whose activations are computed again on the way back instead of held; see {@link CheckpointedUnet}. */
final class CheckpointedDenoiser implements Denoiser {

    private final UNet2DConditionModel unet;
    private final CheckpointedUnet checkpointed;

    CheckpointedDenoiser(UNet2DConditionModel unet) {
        this.unet = unet;
        checkpointed = new CheckpointedUnet(unet);
    }

    @Override
    public NDArray forward(NDArray latents, NDArray timesteps, NDArray context) {
        return unet.forward(latents, timesteps, context);
    }

    /**
     * The loss as a linear function of the context: its value and its gradient here, with a graph that ends at the context. The way back
     * through the UNet is done when this returns.
     */
    @Override
    public NDArray loss(NDArray latents, NDArray timesteps, NDArray context, UnaryOperator<NDArray> ofPrediction) {
        if (!Autograd.isRecording()) {
            return ofPrediction.apply(forward(latents, timesteps, context));
        }
        CheckpointedUnet.Result result = checkpointed.differentiate(latents, timesteps, context, ofPrediction);
        // Nothing in value, so that the loss is exact; the first array's manager owns it.
        NDArray nothing = result.gradient().mul(context.sub(context.stopGradient())).reshape(context.getShape().get(0), -1).sum(new int[] {1});
        return result.loss().add(result.loss().isScalar() ? nothing.sum() : nothing);
    }
}
