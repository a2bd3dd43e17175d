package io.advunlearn.erasure;

import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.List;

/**
 * The encoder-only lane: no UNet at all. The UNet sees a text only through the keys and values of its cross-attention layers, so the encoder is
 * trained to give the concept's prompts, their paraphrases, and texts that a token search finds against the encoder in training, the keys and
 * values of the anchor, and every other prompt its own.
 */
public final class EncoderOnly implements ErasureMethod {

    @Override
    public String name() {
        return "encoder-only";
    }

    @Override
    public List<String> profiles() {
        return List.of("fast");
    }

    @Override
    public boolean stacks() {
        return true;
    }

    @Override
    public EncoderOnlySettings resolve(ErasureRequest request) {
        return EncoderOnlySettings.resolve(request);
    }

    @Override
    public void check(PipelineComponents components, ErasureRequest request) {
        EncoderErasureCheck.check(components, request, resolve(request).trainedWeights());
    }

    @Override
    public ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation) {
        check(components, request);
        EncoderOnlySettings settings = resolve(request);
        try (EncoderTraining training = new EncoderTraining(components, request, settings, workDirectory, listener, cancellation);
                KeyValueDistance distance = KeyValueDistance.of(components.unet())) {
            PromptCatalog catalog = ErasurePrompts.catalog(components, request);
            ClassDistance classes = new ClassDistance(catalog, training.frozen(), distance, training.manager());
            List<String> anchors = AnchorChoice.resolve(settings.anchor(), catalog, request, classes);
            RetainFilter filter = new RetainFilter(request, settings.retainDistance(), classes, training.root().fork("retain-filter"));
            ErasurePrompts prompts = new ErasurePrompts(components, catalog, request, anchors, filter);
            Paraphrases paraphrases = new Paraphrases(components.tokenizer(), request.concepts(), anchors);
            EncoderOnlyErasure erasure = new EncoderOnlyErasure(training, settings, prompts, paraphrases, distance);
            RetainFile.write(workDirectory.resolve("retain.csv"), prompts.retainedRows());
            return training.run(erasure, String.join(", ", anchors));
        }
    }
}
