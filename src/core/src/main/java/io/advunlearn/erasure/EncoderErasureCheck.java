package io.advunlearn.erasure;

import io.advunlearn.pipeline.PipelineComponents;

/** Tells whether one pipeline can run an erasure, from its configuration and tokenizer alone. */
final class EncoderErasureCheck {

    private EncoderErasureCheck() {
    }

    /** @throws IllegalArgumentException one sentence that names the field and what is accepted */
    static void check(PipelineComponents components, ErasureRequest request, ErasureSettings settings) {
        TrainedWeights.of(settings).check(components.baseEncoder().config());
        if (settings.trainsUnet() && !request.start().lineage().isEmpty()) {
            throw new IllegalArgumentException("from must be base when module is unet: only text encoders are stacked");
        }
        request.concepts().forEach(concept -> check(components, concept, settings));
    }

    private static void check(PipelineComponents components, ErasureConcept concept, ErasureSettings settings) {
        int conceptLength = components.tokenizer().tokenize(concept.concept()).length;
        if (conceptLength == 0) {
            throw new IllegalArgumentException("concept must hold at least one token of the model's tokenizer");
        }
        if (settings.attackSteps() > 0) {
            settings.placements().forEach(p -> AdversarialLayout.checkRoom(p, settings.attackTokens(), conceptLength, components.tokenizer()));
        }
    }
}
