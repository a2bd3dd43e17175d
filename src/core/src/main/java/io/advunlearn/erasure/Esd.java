package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * "Erasing Concepts from Diffusion Models" (ESD, arXiv 2303.07345) on the text encoder or the UNet, with the same retain term: the baseline
 * without adversarial training. It takes the profile's other settings as they are, so that both differ in the attack alone.
 */
public final class Esd implements ErasureMethod {

    @Override
    public String name() {
        return "esd";
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
        return SettingsJson.with(ErasureSettings.resolve(request), Map.of("attackSteps", 0, "searchInterval", 0));
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
