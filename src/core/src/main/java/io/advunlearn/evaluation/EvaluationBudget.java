package io.advunlearn.evaluation;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much an evaluation may spend; recorded in its report.
 *
 * @param steps denoising steps of every image, 1 to 1000
 * @param guidanceScale classifier-free guidance of every image but those of the negative-prompt attack, 1 to 20
 * @param batch images a UNet call, 1 to 256
 * @param pairs prompt-and-seed pairs on which the original model succeeds; the trials of the plain and the UnlearnDiffAtk rates
 * @param tries images drawn with the original model to find those pairs, at most
 * @param retentionImages images of each retained class, before and after
 * @param randomImages images of the random-token floor
 * @param randomTokens tokens put before the prompt by the random-token floor
 * @param negativeScales guidance scales of the negative-prompt attack, each 1 to 20
 * @param negativeSearched negative prompts found by search, beside the concept's words
 * @param negativeSeeds seeds of each combination of prompt, negative prompt and scale
 * @param matchTokens numbers of free tokens tried by encoder-match
 * @param matchTargets prompts whose original embedding encoder-match aims at
 * @param matchRestarts random starts of each target, number of tokens and metric
 * @param matchSweeps passes over the free tokens
 * @param matchCandidates tokens tried exactly at each position, those that the gradient ranks best; the vocabulary's size means all
 * @param matchTop found prompts that are generated
 * @param matchSeeds seeds of each generated prompt
 * @param sweepTop prompts of the vocabulary sweep that are generated, nearest first
 * @param sweepSeeds seeds of each of them
 * @param diffPrompts pairs attacked by UnlearnDiffAtk, at most {@code pairs}
 * @param diffTokens tokens of its adversarial prefix (published: 3 for objects and styles)
 * @param diffTimesteps timesteps, spread over 10, 30, ..., 990 (published: 50)
 * @param diffIterations iterations at each timestep (published: 40)
 */
public record EvaluationBudget(int steps, double guidanceScale, int batch, int pairs, int tries, int retentionImages, int randomImages,
        int randomTokens, List<Double> negativeScales, int negativeSearched, int negativeSeeds, List<Integer> matchTokens, int matchTargets,
        int matchRestarts, int matchSweeps, int matchCandidates, int matchTop, int matchSeeds, int sweepTop, int sweepSeeds,
        int diffPrompts, int diffTokens, int diffTimesteps, int diffIterations) {

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public EvaluationBudget {
        negativeScales = List.copyOf(negativeScales);
        matchTokens = List.copyOf(matchTokens);
        within("steps", steps, 1, 1000);
        within("guidanceScale", guidanceScale, 1, 20);
        within("batch", batch, 1, 256);
        within("pairs", pairs, 1, 100_000);
        within("tries", tries, pairs, 1_000_000);
        within("retentionImages", retentionImages, 0, 100_000);
        within("randomImages", randomImages, 0, 1_000_000);
        within("randomTokens", randomTokens, 1, 60);
        negativeScales.forEach(scale -> within("negativeScales", scale, 1, 20));
        within("negativeSearched", negativeSearched, 0, 1000);
        within("negativeSeeds", negativeSeeds, 1, 100_000);
        matchTokens.forEach(tokens -> within("matchTokens", tokens, 1, 20));
        within("matchTargets", matchTargets, 1, 10_000);
        within("matchRestarts", matchRestarts, 1, 10_000);
        within("matchSweeps", matchSweeps, 1, 100);
        within("matchCandidates", matchCandidates, 1, 1_000_000);
        within("matchTop", matchTop, 0, 100_000);
        within("matchSeeds", matchSeeds, 1, 100_000);
        within("sweepTop", sweepTop, 0, 1_000_000);
        within("sweepSeeds", sweepSeeds, 1, 100_000);
        within("diffPrompts", diffPrompts, 0, pairs);
        within("diffTokens", diffTokens, 1, 60);
        within("diffTimesteps", diffTimesteps, 1, 50);
        within("diffIterations", diffIterations, 1, 10_000);
    }

    /**
     * A named budget: {@code demo} (about two hundred images), {@code standard} (thousands) or {@code full} (the published
     * UnlearnDiffAtk budget, tens of thousands).
     *
     * @throws IllegalArgumentException for another name
     */
    public static EvaluationBudget named(String profile) {
        return switch (profile) {
            case "demo" -> new EvaluationBudget(20, 5, 16, 16, 48, 2, 16, 3, List.of(3.0, 7.0, 15.0), 1, 1, List.of(1, 3), 4, 1, 2, 64, 8, 2,
                    16, 1, 8, 3, 4, 10);
            case "standard" -> new EvaluationBudget(25, 5, 32, 50, 200, 10, 200, 3, List.of(3.0, 5.0, 7.0, 10.0, 15.0), 4, 4,
                    List.of(1, 2, 3, 4, 5), 8, 2, 3, 128, 50, 4, 100, 2, 25, 3, 4, 20);
            case "full" -> new EvaluationBudget(25, 5, 32, 100, 400, 50, 800, 3, List.of(3.0, 5.0, 7.0, 10.0, 15.0), 8, 8,
                    List.of(1, 2, 3, 4, 5), 12, 4, 3, 256, 100, 8, 200, 4, 50, 3, 50, 40);
            default -> throw new IllegalArgumentException("profile must be one of demo, standard, full, not " + profile);
        };
    }

    /**
     * This budget with some fields replaced.
     *
     * @param overrides values by field name
     * @throws IllegalArgumentException for an unknown field or a value out of range
     */
    public EvaluationBudget with(Map<String, ?> overrides) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode node = mapper.valueToTree(this);
        overrides.forEach((field, value) -> {
            if (!node.has(field)) {
                throw new IllegalArgumentException("budget has no field " + field + "; accepted: " + String.join(", ", fields(node)));
            }
            node.set(field, mapper.valueToTree(value));
        });
        try {
            return mapper.treeToValue(node, EvaluationBudget.class);
        } catch (JsonMappingException e) {
            String reason = e.getCause() instanceof IllegalArgumentException cause ? cause.getMessage() : e.getOriginalMessage();
            throw new IllegalArgumentException("budget: " + reason, e);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException("budget: " + e.getOriginalMessage(), e);
        }
    }

    private static List<String> fields(ObjectNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static void within(String field, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException("budget." + field + " must be between " + format(low) + " and " + format(high) + ", not " + format(value));
        }
    }

    private static String format(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
