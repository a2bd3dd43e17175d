package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * Frozen embeddings of the prompts one latent source works with: the original model's for the concept, the starting encoder's for retained ones.
 *
 * @param prompts [P, N, D] what the rollouts start from and the attack aims at
 * @param anchors [P, N, D] what the target is predicted for; the same array for retained prompts
 * @param empty [1, N, D] the empty prompt
 */
record PromptSet(NDArray prompts, NDArray anchors, NDArray empty) {

    static PromptSet concept(FrozenPredictions frozen, List<ConceptPrompt> contexts, NDManager manager) {
        return new PromptSet(frozen.encode(contexts.stream().map(ConceptPrompt::text).toList(), manager),
                frozen.encode(contexts.stream().map(ConceptPrompt::anchor).toList(), manager), frozen.encode(List.of(""), manager));
    }

    static PromptSet retained(FrozenPredictions frozen, List<String> prompts, NDManager manager) {
        NDArray embeddings = frozen.encodeAtStart(prompts, manager);
        return new PromptSet(embeddings, embeddings, frozen.encode(List.of(""), manager));
    }

    boolean retained() {
        return prompts == anchors;
    }
}
