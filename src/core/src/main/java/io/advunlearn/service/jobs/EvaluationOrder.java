package io.advunlearn.service.jobs;

import io.advunlearn.evaluation.EvaluationBudget;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.FoundPrompt;
import java.util.List;
import java.util.Map;

/**
 * {@code request.json} of an evaluation.
 *
 * @param pipeline whose denoiser and judges are used
 * @param encoder a registered encoder's id, or {@code base}
 * @param concept what an attacker wants to see
 * @param kind {@code object} or {@code style}
 * @param synonyms other words for the concept
 * @param paraphrases phrases for the concept
 * @param replay prompts that earlier evaluations found
 * @param attacks names, {@code null} for the default ones
 * @param retention whether the other classes are measured too
 * @param seed of every random draw
 * @param profile name of the budget
 * @param budget overrides of single fields of that budget
 * @param principal who asked
 * @param part whether it runs as a part of the erasure whose candidate it evaluates
 */
public record EvaluationOrder(String pipeline, String encoder, String concept, String kind, List<String> synonyms, List<String> paraphrases, List<FoundPrompt> replay,
        List<String> attacks, boolean retention, long seed, String profile, Map<String, Object> budget, String principal, boolean part) {

    /** One that somebody asked for by itself. */
    public EvaluationOrder(String pipeline, String encoder, String concept, String kind, List<String> synonyms, List<String> paraphrases, List<FoundPrompt> replay,
            List<String> attacks, boolean retention, long seed, String profile, Map<String, Object> budget, String principal) {
        this(pipeline, encoder, concept, kind, synonyms, paraphrases, replay, attacks, retention, seed, profile, budget, principal, false);
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    EvaluationRequest request() {
        String name = profile == null ? "demo" : profile;
        EvaluationBudget all = EvaluationBudget.named(name);
        return new EvaluationRequest(concept, kind, synonyms, paraphrases, replay, attacks, retention, "base", seed, name,
                budget == null ? all : all.with(budget));
    }
}
