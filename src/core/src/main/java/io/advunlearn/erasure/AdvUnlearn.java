package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;

/**
 * AdvUnlearn in text-encoder mode: "Defensive Unlearning with Adversarial Training for Robust Concept Erasure in Diffusion Models"
 * (arXiv 2405.15234, NeurIPS 2024). The encoder is trained on prompts that an inner attack made adversarial, while a retain term
 * holds every other prompt.
 */
public final class AdvUnlearn implements ErasureMethod {

    @Override
    public String name() {
        return "advunlearn";
    }

    @Override
    public ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation) {
        ErasureSettings settings = ErasureSettings.resolve(request);
        try (EncoderErasure erasure = new EncoderErasure(components, request, settings, workDirectory, listener, cancellation)) {
            return erasure.run();
        }
    }
}
