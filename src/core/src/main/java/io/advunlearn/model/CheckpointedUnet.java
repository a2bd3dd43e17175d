package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a loss with respect to the text a frozen UNet reads, without the activations of the whole network in memory (activation
 * checkpointing, arXiv 1604.06174): the forward pass keeps the segments' inputs alone, and the backward pass computes one segment after the
 * other again, from the last to the first, with a graph. Costs a second forward pass. The weights must not collect gradients: they would get none.
 */
public final class CheckpointedUnet {

    private final UNet2DConditionModel unet;

    public CheckpointedUnet(UNet2DConditionModel unet) {
        this.unet = unet;
    }

    /**
     * @param loss as the loss of the prediction gave it, without a graph
     * @param gradient of the loss's sum with respect to the text [B, N, crossAttentionDim]
     */
    public record Result(NDArray loss, NDArray gradient) { }

    /**
     * Whatever the calling thread records, the graph of {@code encoderHiddenStates} is not touched.
     *
     * @param sample [B, C, H, W]
     * @param timesteps [B] fp32
     * @param encoderHiddenStates [B, N, crossAttentionDim]
     * @param loss of the predicted noise [B, C, H, W], recorded; of any shape
     * @return owned by the manager of {@code sample}
     */
    public Result differentiate(NDArray sample, NDArray timesteps, NDArray encoderHiddenStates, UnaryOperator<NDArray> loss) {
        try (Scope scope = new Scope()) {
            NDArray text = Autograd.leaf(encoderHiddenStates);
            List<UNetSegment.Input> inputs = new ArrayList<>();
            NDArray prediction = Autograd.leaf(Autograd.noGrad(() ->
                    unet.forward(sample, unet.activatedTime(timesteps, null), CrossAttentionContext.onDemand(text), inputs::add)));
            NDArray value = Autograd.record(() -> loss.apply(prediction));
            NDArray ofPrediction = Autograd.gradients(value, value.onesLike(), List.of(prediction)).get(0);
            NDArray gradient = backward(inputs, text, ofPrediction);
            NDArray plain = value.stopGradient();
            List.of(plain, gradient).forEach(array -> array.attach(sample.getManager()));
            return new Result(scope.keep(plain), scope.keep(gradient));
        }
    }

    /** Carries the prediction's gradient back to the text. Its parts from the segments add up, since each reads the text anew. */
    private NDArray backward(List<UNetSegment.Input> inputs, NDArray text, NDArray ofPrediction) {
        NDArray ofText = Autograd.noGrad(text::zerosLike);
        NDArray gradient = ofPrediction;
        Deque<NDArray> skips = new ArrayDeque<>();
        for (int i = inputs.size() - 1; i >= 0; i--) {
            UNetSegment segment = unet.segments().get(i);
            // A pushed output was used twice: by the next segment and as a skip connection.
            NDArray ofOutput = segment.skip() == UNetSegment.Skip.PUSHED ? gradient.add(skips.pop()) : gradient;
            gradient = backward(segment, inputs.get(i), text, ofOutput, ofText, skips);
        }
        return ofText;
    }

    /**
     * @param ofText the text's gradient so far, added to
     * @param skips gradients of the skip connections that are still to be reached backwards; pushed to if the segment took one
     * @return gradient of the segment's {@code x}
     */
    private static NDArray backward(UNetSegment segment, UNetSegment.Input input, NDArray text, NDArray ofOutput, NDArray ofText,
            Deque<NDArray> skips) {
        try (Scope scope = new Scope()) {
            boolean popped = segment.skip() == UNetSegment.Skip.POPPED;
            NDArray x = Autograd.leaf(input.x());
            NDArray top = popped ? Autograd.leaf(input.top()) : input.top();
            NDArray output = Autograd.record(() ->
                    segment.forward(new UNetSegment.Input(x, top, input.activatedTime()), CrossAttentionContext.onDemand(text)));
            List<NDArray> gradients = Autograd.gradients(output, ofOutput, popped ? List.of(x, text, top) : List.of(x, text));
            ofText.addi(gradients.get(1));
            if (popped) {
                skips.push(scope.keep(gradients.get(2)));
            }
            return scope.keep(gradients.get(0));
        }
    }
}
