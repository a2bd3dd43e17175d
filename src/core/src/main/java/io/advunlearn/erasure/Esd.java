package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * "Erasing Concepts from Diffusion Models" (ESD, arXiv 2303.07345) on the text encoder with the same retain term: the baseline
 * without adversarial training. It takes the profile's other settings as they are, so that both differ in the attack alone.
 */
public final class Esd implements ErasureMethod {

    @Override
    public String name() {
        return "esd";
    }

    @Override
    public ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation) {
        Map<String, Object> values = new HashMap<>(request.settings());
        values.put("attackSteps", 0);
        ErasureRequest plain = new ErasureRequest(request.concept(), request.kind(), request.method(), request.profile(), request.seed(), values);
        ErasureSettings settings = ErasureSettings.resolve(plain);
        try (EncoderErasure erasure = new EncoderErasure(components, plain, settings, workDirectory, listener, cancellation)) {
            return erasure.run();
        }
    }
}
