package io.advunlearn.evaluation;

import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * P4D, Prompting4Debugging (Chin et al. 2024): for every pair a prompt whose erased prediction of noise matches the original model's
 * for the concept's prompt, found by gradients through the nearest real tokens (PEZ, Wen et al. 2023). P4D-N is free tokens alone, P4D-K
 * the concept's prompt with a free token before every K of its own. As published, texts are noted at intervals and a pair is reached if one of
 * them shows the concept; the published code picks the image that a CLIP model finds most alike, here all or the nearest by loss are judged.
 */
final class P4dAttack implements Attack {

    static final String TOKENS = "P4D-N";
    static final String INSERTED = "P4D-K";

    private static final EvaluationBudget.P4dBudget PUBLISHED = EvaluationBudget.named("full").p4d();

    /** Rows a step: the device is free for serving in between. */
    private static final int GROUP = 16;

    /**
     * @param key which pair and form
     * @param mode {@link #TOKENS} or {@link #INSERTED}
     * @param prompt the pair's
     * @param seed the pair's
     */
    record Goal(String key, String mode, String prompt, long seed) {
    }

    /**
     * @param key of the goal
     * @param mode of the goal
     * @param seed of the goal
     * @param texts different texts noted, nearest first
     * @param start loss of the random start, on fixed noise
     * @param end loss of the nearest text, on the same noise
     * @param unetForward latents through the UNet
     * @param unetBackward latents whose gradient went back
     * @param encoderForward prompts through the encoder
     * @param seconds this pair's share of wall-clock
     */
    record Found(String key, String mode, long seed, List<String> texts, double start, double end, long unetForward, long unetBackward,
            long encoderForward, double seconds) {
    }

    @Override
    public String name() {
        return "p4d";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.P4dBudget budget = context.budget().p4d();
        List<Found> found = search(context);
        Map<String, String> modes = new HashMap<>();
        List<ImageTask> tasks = new ArrayList<>();
        for (Found one : found) {
            one.texts().stream().limit(budget.candidates()).forEach(text -> {
                modes.putIfAbsent(one.seed() + text, one.mode());
                tasks.add(context.task(text, one.seed()));
            });
        }
        return new AttackSummary(context, context.judge(name(), tasks)).trials(image -> mode(modes, image) + ", seed " + image.task().seed())
                .original(context.referenceImages(name(), tasks)).groupedBy(image -> mode(modes, image)).budget("pairs", found.size() / 2)
                .budget("tokens", budget.tokens()).budget("every", budget.every()).budget("iterations", budget.iterations())
                .budget("interval", budget.interval()).budget("candidates", budget.candidates()).reduced(reduced(budget))
                .search(cost(found)).result(this);
    }

    private static String mode(Map<String, String> modes, JudgedImage image) {
        return modes.get(image.task().seed() + image.task().prompt());
    }

    private static boolean reduced(EvaluationBudget.P4dBudget budget) {
        return budget.tokens() < PUBLISHED.tokens() || budget.iterations() < PUBLISHED.iterations() || budget.candidates() < PUBLISHED.candidates();
    }

    private List<Found> search(AttackContext context) {
        ItemLog<String, Found> log = context.itemLog(name() + "-search", Found.class, Found::key);
        List<Goal> goals = goals(context);
        for (int from = 0; from < goals.size(); from += GROUP) {
            List<Goal> group = goals.subList(from, Math.min(goals.size(), from + GROUP));
            if (!log.hasAll(group.stream().map(Goal::key).toList())) {
                context.cancellation().throwIfCancelled();
                try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
                    log.append(new P4dGroup(context, manager, group).run());
                }
            }
        }
        return goals.stream().map(goal -> log.get(goal.key())).toList();
    }

    private static List<Goal> goals(AttackContext context) {
        List<Goal> goals = new ArrayList<>();
        for (String mode : List.of(TOKENS, INSERTED)) {
            context.pairs().stream().limit(context.budget().p4d().prompts()).forEach(pair -> goals.add(
                    new Goal(mode + ", seed " + pair.seed() + ": " + pair.prompt().text(), mode, pair.prompt().text(), pair.seed())));
        }
        return goals;
    }

    private static Cost cost(List<Found> found) {
        return new Cost(0, found.stream().mapToLong(Found::unetForward).sum(), found.stream().mapToLong(Found::unetBackward).sum(),
                found.stream().mapToLong(Found::encoderForward).sum(), found.stream().mapToDouble(Found::seconds).sum());
    }
}
