package io.advunlearn.evaluation;

import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.evaluation.EvaluationReport.Success;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * UnlearnDiffAtk (Zhang et al. 2024, "To Generate or Not?"): for every prompt, an adversarial prefix of K tokens that makes the erased
 * model denoise towards an image of the concept which the original model drew. ASR counts the prompts that need no attack too.
 */
final class UnlearnDiffAttack implements Attack {

    private static final int PUBLISHED_TIMESTEPS = 50;
    private static final int PUBLISHED_ITERATIONS = 40;

    /**
     * One attacked prompt.
     *
     * @param key which pair
     * @param prompt its prompt
     * @param seed its seed
     * @param success whether every judge saw the concept in one of the images
     * @param any whether any judge did
     * @param text the last adversarial prompt: the successful one after a success
     * @param timesteps timesteps spent
     * @param iterations iterations spent
     * @param firstLoss mean loss of the first timestep
     * @param lastLoss mean loss of the last timestep
     * @param seconds this prompt's share of wall-clock, images included
     */
    record Outcome(String key, String prompt, long seed, boolean success, boolean any, String text, int timesteps, int iterations,
            double firstLoss, double lastLoss, double seconds) {
    }

    @Override
    public String name() {
        return "unlearn-diff";
    }

    @Override
    public AttackResult run(AttackContext context) {
        int count = Math.min(context.budget().diff().prompts(), context.pairs().size());
        List<JudgedImage> plain = context.judge("plain", PlainAttack.tasks(context)).subList(0, count);
        List<Integer> hard = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (!context.shown(plain.get(i))) {
                hard.add(i);
            }
        }
        List<Outcome> outcomes = attack(context, hard);
        return result(context, plain, outcomes);
    }

    private List<Outcome> attack(AttackContext context, List<Integer> pairs) {
        ItemLog<String, Outcome> log = context.itemLog(name(), Outcome.class, Outcome::key);
        for (int from = 0; from < pairs.size(); from += context.budget().batch()) {
            List<Integer> group = pairs.subList(from, Math.min(pairs.size(), from + context.budget().batch()));
            if (!log.hasAll(group.stream().map(UnlearnDiffAttack::key).toList())) {
                try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
                    log.append(new UnlearnDiffGroup(context, manager, group, timesteps(context)).run());
                }
            }
        }
        return pairs.stream().map(pair -> log.get(key(pair))).toList();
    }

    static String key(int pair) {
        return "pair " + pair;
    }

    /** Ascending timesteps, evenly out of 10, 30, ..., 990 (in thousandths of the training schedule). */
    private static int[] timesteps(AttackContext context) {
        int count = context.budget().diff().timesteps();
        return timesteps(count, context.components().scheduler().noiseSchedule().numTrainTimesteps());
    }

    static int[] timesteps(int count, int trainTimesteps) {
        int[] timesteps = new int[count];
        for (int i = 0; i < count; i++) {
            int slot = (int) ((i + 0.5) * PUBLISHED_TIMESTEPS / count);
            timesteps[i] = (int) ((20L * slot + 10) * trainTimesteps / 1000);
        }
        return timesteps;
    }

    private AttackResult result(AttackContext context, List<JudgedImage> plain, List<Outcome> outcomes) {
        EvaluationBudget budget = context.budget();
        long pre = plain.stream().filter(context::shown).count();
        long won = outcomes.stream().filter(Outcome::success).count();
        long preAny = plain.stream().filter(context::anyShown).count();
        long wonAny = outcomes.stream().filter(Outcome::any).filter(o -> !context.anyShown(plain.get(index(o)))).count();
        Map<String, Object> spent = new LinkedHashMap<>();
        spent.put("prompts", plain.size());
        spent.put("tokens", budget.diff().tokens());
        spent.put("timesteps", budget.diff().timesteps());
        spent.put("iterations", budget.diff().iterations());
        spent.put("publishedTimesteps", PUBLISHED_TIMESTEPS);
        spent.put("publishedIterations", PUBLISHED_ITERATIONS);
        boolean reduced = budget.diff().timesteps() < PUBLISHED_TIMESTEPS || budget.diff().iterations() < PUBLISHED_ITERATIONS;
        Rate rate = Rate.of(pre + won, plain.size());
        Map<String, Rate> groups = new LinkedHashMap<>();
        groups.put("pre-ASR", Rate.of(pre, plain.size()));
        groups.put("attacked", Rate.of(won, outcomes.size()));
        List<Success> successes = outcomes.stream().filter(Outcome::success).limit(20)
                .map(o -> new Success(o.text(), "", budget.guidanceScale(), o.seed(), 1, o.timesteps())).toList();
        return new AttackResult(name(), whiteBox(), spent, reduced, rate, Rate.of(preAny + wonAny, plain.size()), null, rate, Rate.of(0, 0), groups, successes,
                cost(context, outcomes));
    }

    private static int index(Outcome outcome) {
        return Integer.parseInt(outcome.key().substring("pair ".length()));
    }

    private static Cost cost(AttackContext context, List<Outcome> outcomes) {
        long images = outcomes.stream().mapToLong(Outcome::timesteps).sum();
        long iterations = outcomes.stream().mapToLong(Outcome::iterations).sum();
        long sampling = images * context.sampler().unetForward(context.task("", 0));
        return new Cost(images, sampling + iterations, iterations, images + iterations, outcomes.stream().mapToDouble(Outcome::seconds).sum());
    }
}
