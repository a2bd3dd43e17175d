package io.advunlearn.erasure;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;

/** Tells whether one pipeline can run an erasure, from its configuration and tokenizer alone. */
final class EncoderErasureCheck {

    private EncoderErasureCheck() {
    }

    /** @throws IllegalArgumentException one sentence that names the field and what is accepted */
    static void check(PipelineComponents components, ErasureRequest request, ErasureSettings settings) {
        check(components, request, TrainedWeights.of(settings));
        if (settings.trainsUnet()) {
            checkUnet(components.unet(), request, settings);
        }
        request.concepts().forEach(concept -> checkRoom(components.tokenizer(), concept, settings));
    }

    /** What every method that trains the text encoder needs. @throws IllegalArgumentException one sentence that names the field */
    static void check(PipelineComponents components, ErasureRequest request, TrainedWeights weights) {
        components.requireOneEncoder("erasure");
        components.requireFullPrecision("erasure");
        weights.check(components.baseEncoder().config());
        if (request.words().stream().anyMatch(word -> components.tokenizer().tokenize(word).length == 0)) {
            throw new IllegalArgumentException("concept must hold at least one token of the model's tokenizer");
        }
    }

    private static void checkUnet(UNet2DConditionModel unet, ErasureRequest request, ErasureSettings settings) {
        if (!request.start().lineage().isEmpty()) {
            throw new IllegalArgumentException("from must be base when module is unet: only text encoders are stacked");
        }
        if (unet.weights().asMap().keySet().stream().noneMatch(UnetParameters.of(settings.trainMethod(), unet.config()))) {
            throw new IllegalArgumentException("trainMethod " + settings.trainMethod() + " chooses layers that this UNet does not have");
        }
    }

    /** Of a prompt that does not hold the concept's word, all tokens are the concept's. */
    private static void checkRoom(ClipTokenizer tokenizer, ErasureConcept concept, ErasureSettings settings) {
        int own = tokenizer.tokenize(concept.concept()).length;
        int longest = concept.prompts().stream().mapToInt(text -> ConceptPrompt.of(tokenizer, text, "", concept.concept(), true).length())
                .reduce(own, Math::max);
        if (settings.attackSteps() > 0) {
            settings.placements().forEach(placement -> AdversarialLayout.checkRoom(placement, settings.attackTokens(), longest, tokenizer));
        }
    }
}
