package io.advunlearn.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How much an evaluation may spend; recorded in its report. The named budgets are in {@code evaluation-budgets.json} beside this class.
 * A field of an attack's part is named by both for {@link #with}: {@code tokens} of {@code match} is {@code matchTokens}.
 *
 * @param steps denoising steps of every image, 1 to 1000
 * @param guidanceScale classifier-free guidance of every image but those of the negative-prompt attack, 1 to 20
 * @param batch images a UNet call, 1 to 256
 * @param pairs prompt-and-seed pairs on which the original model succeeds; the trials of the plain and the UnlearnDiffAtk rates
 * @param tries images drawn with the original model to find those pairs, at most
 * @param retentionImages images of each retained class, before and after
 * @param random of the random-token floor
 * @param negative of the negative-prompt attack
 * @param sweep of the vocabulary sweep
 * @param match of encoder-match
 * @param diff of UnlearnDiffAtk
 * @param paraphrase of the paraphrases
 * @param gcg of GCG
 * @param p4d of P4D
 * @param ringABell of Ring-A-Bell
 * @param inversion of textual inversion
 */
public record EvaluationBudget(int steps, double guidanceScale, int batch, int pairs, int tries, int retentionImages, RandomBudget random,
        NegativeBudget negative, SweepBudget sweep, MatchBudget match, DiffBudget diff, ParaphraseBudget paraphrase, GcgBudget gcg, P4dBudget p4d, RingABellBudget ringABell, InversionBudget inversion) {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * @param images images of the random-token floor
     * @param tokens tokens put before each prompt
     */
    public record RandomBudget(int images, int tokens) {

        public RandomBudget {
            within("randomImages", images, 0, 1_000_000);
            within("randomTokens", tokens, 1, 60);
        }
    }

    /**
     * @param scales guidance scales, each 1 to 20
     * @param searched negative prompts found by search, beside the concept's words
     * @param seeds seeds of each combination of prompt, negative prompt and scale
     */
    public record NegativeBudget(List<Double> scales, int searched, int seeds) {

        public NegativeBudget {
            scales = List.copyOf(scales);
            scales.forEach(scale -> within("negativeScales", scale, 1, 20));
            within("negativeSearched", searched, 0, 1000);
            within("negativeSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param top prompts that are generated, nearest first
     * @param seeds seeds of each of them
     */
    public record SweepBudget(int top, int seeds) {

        public SweepBudget {
            within("sweepTop", top, 0, 1_000_000);
            within("sweepSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param tokens numbers of free tokens tried
     * @param targets prompts whose original embedding is aimed at
     * @param restarts random starts of each target, number of tokens and metric
     * @param sweeps passes over the free tokens
     * @param candidates tokens tried exactly at each position, those that the gradient ranks best; the vocabulary's size means all
     * @param top found prompts that are generated
     * @param seeds seeds of each generated prompt
     */
    public record MatchBudget(List<Integer> tokens, int targets, int restarts, int sweeps, int candidates, int top, int seeds) {

        public MatchBudget {
            tokens = List.copyOf(tokens);
            tokens.forEach(count -> within("matchTokens", count, 1, 20));
            within("matchTargets", targets, 1, 10_000);
            within("matchRestarts", restarts, 1, 10_000);
            within("matchSweeps", sweeps, 1, 100);
            within("matchCandidates", candidates, 1, 1_000_000);
            within("matchTop", top, 0, 100_000);
            within("matchSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param prompts pairs attacked, at most {@code pairs}
     * @param tokens tokens of the adversarial prefix (published: 3 for objects and styles)
     * @param timesteps timesteps, spread over 10, 30, ..., 990 (published: 50)
     * @param iterations iterations at each timestep (published: 40)
     */
    public record DiffBudget(int prompts, int tokens, int timesteps, int iterations) {

        public DiffBudget {
            within("diffPrompts", prompts, 0, 100_000);
            within("diffTokens", tokens, 1, 60);
            within("diffTimesteps", timesteps, 1, 50);
            within("diffIterations", iterations, 1, 10_000);
        }
    }

    /**
     * @param texts paraphrases tried, of each kind in turn
     * @param seeds prompt-and-seed pairs of each
     */
    public record ParaphraseBudget(int texts, int seeds) {

        public ParaphraseBudget {
            within("paraphraseTexts", texts, 0, 100_000);
            within("paraphraseSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param tokens free tokens (published: 20)
     * @param targets prompts of the concept, each with tokens after, before and after a neutral prompt
     * @param restarts random starts of each target, form and metric
     * @param iterations gradient steps (published: 500)
     * @param topK tokens ranked best that are drawn from at each position (published: 256)
     * @param batch prompts tried a step (published: 512)
     * @param top found prompts that are generated
     * @param seeds seeds of each generated prompt
     */
    public record GcgBudget(int tokens, int targets, int restarts, int iterations, int topK, int batch, int top, int seeds) {

        public GcgBudget {
            within("gcgTokens", tokens, 1, 60);
            within("gcgTargets", targets, 1, 10_000);
            within("gcgRestarts", restarts, 1, 10_000);
            within("gcgIterations", iterations, 1, 100_000);
            within("gcgTopK", topK, 1, 1_000_000);
            within("gcgBatch", batch, 1, 100_000);
            within("gcgTop", top, 0, 100_000);
            within("gcgSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param prompts pairs attacked, each in both forms
     * @param tokens free tokens of P4D-N (published: 16)
     * @param every a free token before every so many of the prompt's own in P4D-K (published: 3)
     * @param iterations updates (published: 3000)
     * @param interval updates between two noted texts (published: 50)
     * @param candidates texts of each pair and form that are generated, nearest first (published: all 60)
     */
    public record P4dBudget(int prompts, int tokens, int every, int iterations, int interval, int candidates) {

        public P4dBudget {
            within("p4dPrompts", prompts, 1, 100_000);
            within("p4dTokens", tokens, 1, 1000);
            within("p4dEvery", every, 1, 1000);
            within("p4dIterations", iterations, 1, 1_000_000);
            within("p4dInterval", interval, 1, 1_000_000);
            within("p4dCandidates", candidates, 1, 100_000);
        }
    }

    /**
     * @param lengths numbers of tokens of the searched prompts (published: 16, 38 and 75)
     * @param eta how many times the concept's direction is added to a prompt's embedding (published: 3)
     * @param vectorPairs prompt pairs whose mean difference is the direction (published: 30 for violence, more for nudity)
     * @param targets prompts of the concept, each searched once with every length
     * @param population token sequences of a generation (published: 200)
     * @param generations generations, the random first one included (published: 3000)
     * @param mutation chance that a sequence changes one token (published: 0.25)
     * @param crossover chance that a parent has two children (published: 0.5)
     * @param seeds images of each found prompt
     */
    public record RingABellBudget(List<Integer> lengths, double eta, int vectorPairs, int targets, int population, int generations, double mutation,
            double crossover, int seeds) {

        public RingABellBudget {
            lengths = List.copyOf(lengths);
            lengths.forEach(length -> within("ringABellLengths", length, 1, 1000));
            within("ringABellEta", eta, 0, 1000);
            within("ringABellVectorPairs", vectorPairs, 1, 10_000);
            within("ringABellTargets", targets, 1, 10_000);
            within("ringABellPopulation", population, 2, 100_000);
            within("ringABellGenerations", generations, 1, 1_000_000);
            within("ringABellMutation", mutation, 0, 1);
            within("ringABellCrossover", crossover, 0, 1);
            within("ringABellSeeds", seeds, 1, 100_000);
        }
    }

    /**
     * @param images images of the concept that it is trained on, of the first pairs (published: 25)
     * @param iterations updates (published: 5000)
     * @param batch images an update (published: 16, four times four)
     * @param learningRate of AdamW (published: 0.005 for each image of a batch, 0.08)
     */
    public record InversionBudget(int images, int iterations, int batch, double learningRate) {

        public InversionBudget {
            within("inversionImages", images, 1, 100_000);
            within("inversionIterations", iterations, 1, 1_000_000);
            within("inversionBatch", batch, 1, 1000);
            within("inversionLearningRate", learningRate, 0, 10);
        }
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public EvaluationBudget {
        within("steps", steps, 1, 1000);
        within("guidanceScale", guidanceScale, 1, 20);
        within("batch", batch, 1, 256);
        within("pairs", pairs, 1, 100_000);
        within("tries", tries, pairs, 1_000_000);
        within("retentionImages", retentionImages, 0, 100_000);
        within("diffPrompts", diff.prompts(), 0, pairs);
    }

    /**
     * A named budget: {@code demo} (about two hundred images), {@code standard} (thousands) or {@code full} (the published budgets of
     * the published attacks, tens of thousands of images).
     *
     * @throws IllegalArgumentException for another name
     */
    public static EvaluationBudget named(String profile) {
        try (InputStream in = Objects.requireNonNull(EvaluationBudget.class.getResourceAsStream("evaluation-budgets.json"))) {
            JsonNode budgets = MAPPER.readTree(in);
            if (!budgets.has(profile)) {
                throw new IllegalArgumentException("profile must be one of " + String.join(", ", names(budgets)) + ", not " + profile);
            }
            return MAPPER.treeToValue(budgets.get(profile), EvaluationBudget.class);
        } catch (IOException e) {
            throw new UncheckedIOException("evaluation-budgets.json", e);
        }
    }

    /**
     * This budget with some fields replaced.
     *
     * @param overrides values by field name, for example {@code steps} or {@code diffPrompts}
     * @throws IllegalArgumentException for an unknown field or a value out of range
     */
    public EvaluationBudget with(Map<String, ?> overrides) {
        ObjectNode budget = MAPPER.valueToTree(this);
        overrides.forEach((field, value) -> {
            if (!replace(budget, field, MAPPER.valueToTree(value))) {
                throw new IllegalArgumentException("budget has no field " + field + "; accepted: " + String.join(", ", fields(budget)));
            }
        });
        try {
            return MAPPER.treeToValue(budget, EvaluationBudget.class);
        } catch (JsonMappingException e) {
            String reason = e.getCause() instanceof IllegalArgumentException cause ? cause.getMessage() : e.getOriginalMessage();
            throw new IllegalArgumentException("budget: " + reason, e);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("budget: " + e.getOriginalMessage(), e);
        }
    }

    private static boolean replace(ObjectNode budget, String field, JsonNode value) {
        if (budget.path(field).isValueNode()) {
            budget.set(field, value);
            return true;
        }
        for (String part : names(budget)) {
            for (String name : names(budget.get(part))) {
                if (field.equals(partField(part, name))) {
                    ((ObjectNode) budget.get(part)).set(name, value);
                    return true;
                }
            }
        }
        return false;
    }

    private static List<String> fields(ObjectNode budget) {
        List<String> fields = new ArrayList<>();
        for (String part : names(budget)) {
            if (budget.get(part).isObject()) {
                names(budget.get(part)).forEach(name -> fields.add(partField(part, name)));
            } else {
                fields.add(part);
            }
        }
        return fields;
    }

    private static String partField(String part, String name) {
        return part + Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    private static List<String> names(JsonNode node) {
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
