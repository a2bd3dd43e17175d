package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;

/**
 * CLIP's text feature: the last state at the end token, projected. Encoders of Stable Diffusion come without their projection; then it is the
 * state itself.
 */
final class SgraceFeatures {

    private static final String PROJECTION = "text_projection.weight";

    private final NDArray projection;
    private final NDArray target;

    /** @param concept ids of the text whose feature is the target, without start and end */
    SgraceFeatures(EncoderTraining training, int[] concept) {
        ClipTextModel base = training.components().baseEncoder();
        projection = base.weights().has(PROJECTION) ? base.weights().get(PROJECTION) : null;
        int[][] window = {new TokenText(training.components().tokenizer()).window(concept)};
        target = training.lane(() -> Autograd.noGrad(() -> {
            ClipTextModel.Output output = base.forward(Tensors.of(training.manager(), window));
            return project(output.pooled());
        }));
    }

    /** @param hidden [B, N, D]; @param features [B, P] */
    record States(NDArray hidden, NDArray features) {
    }

    /** @param embeds token embeddings [B, N, D]; @param eos position of each row's end token */
    States of(ClipTextModel encoder, NDArray embeds, int[] eos) {
        ClipTextModel.Output output = encoder.forwardEmbeds(embeds, eos);
        return new States(output.lastHiddenState(), project(output.pooled()));
    }

    /** The frozen encoder's feature of the concept [1, P]. */
    NDArray target() {
        return target;
    }

    private NDArray project(NDArray pooled) {
        return projection == null ? pooled : Aten.linear(pooled, projection, null);
    }
}
