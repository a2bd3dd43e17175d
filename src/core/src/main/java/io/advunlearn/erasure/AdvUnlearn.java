package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;

/**
 * AdvUnlearn, on the text encoder or on the UNet: "Defensive Unlearning with Adversarial Training for Robust Concept Erasure in Diffusion Models"
 * (arXiv 2405.15234, NeurIPS 2024). The module is trained on prompts that an inner attack made adversarial, while a retain term
 * holds every other prompt.
 */
public final class AdvUnlearn implements ErasureMethod {

    @Override
    public String name() {
        return "advunlearn";
    }

    @Override
    public List<String> profiles() {
        return ErasureProfiles.NAMES;
    }

    @Override
    public boolean stacks() {
        return true;
    }

    @Override
    public ErasureSettings resolve(ErasureRequest request) {
        return ErasureSettings.resolve(request);
    }

    @Override
    public void check(PipelineComponents components, ErasureRequest request) {
        EncoderErasureCheck.check(components, request, resolve(request));
    }

    @Override
    public ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation) {
        try (EncoderErasure erasure = new EncoderErasure(components, request, resolve(request), workDirectory, listener, cancellation)) {
            return erasure.run();
        }
    }
}
