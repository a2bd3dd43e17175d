package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The concept as negative prompt of a neutral prompt. An erased encoder whose target mirrors the concept, 2 e_u - e_c, gives the concept
 * back when it reads the negative branch; if the base encoder reads it, the attacker must find a text whose base embedding is that mirror
 * image. Both are tried. Reference: the original encoder with a negative prompt that has nothing to do with the concept.
 */
final class NegativePromptAttack implements Attack {

    private static final int SEARCHED_TOKENS = 3;
    private static final int SWEEPS = 3;

    @Override
    public String name() {
        return "negative";
    }

    @Override
    public AttackResult run(AttackContext context) {
        List<TokenSearch.Found> searched = searched(context);
        Set<String> negatives = words(context);
        searched.forEach(found -> negatives.add(found.text()));
        List<ImageTask> tasks = tasks(context, true, negatives);
        List<ImageTask> reference = tasks(context, false, Set.of(unrelated(context)));
        List<JudgedImage> attacked = context.judge(name(), tasks);
        List<JudgedImage> unattacked = context.sampler().judge(reference, context.originalLog(name() + "-reference"), name() + "-reference", context.listener());
        return new AttackSummary(context, attacked).budget("negativePrompts", negatives.size()).budget("searched", searched.size())
                .budget("scales", context.budget().negative().scales()).budget("seeds", context.budget().negative().seeds())
                .budget("negativeBranch", context.request().negativeBranch())
                .original(AttackSummary.rate(unattacked, context::shown))
                .groupedBy(image -> "scale " + image.task().guidanceScale()).search(cost(searched)).result(this);
    }

    private static Cost cost(List<TokenSearch.Found> searched) {
        return new Cost(0, 0, 0, searched.stream().mapToLong(TokenSearch.Found::encoderForward).sum(),
                searched.stream().mapToDouble(TokenSearch.Found::seconds).sum());
    }

    private static Set<String> words(AttackContext context) {
        Set<String> negatives = new LinkedHashSet<>();
        negatives.add(context.request().concept());
        context.prompts().bare(context.request().kind(), context.request().concept()).stream().limit(2).forEach(p -> negatives.add(p.text()));
        negatives.addAll(context.request().synonyms());
        return negatives;
    }

    /** A class of the same kind that is not the concept. */
    private static String unrelated(AttackContext context) {
        return context.prompts().classes(context.request().kind()).stream().filter(c -> !c.equals(context.request().concept())).findFirst()
                .orElse("").toLowerCase(Locale.ROOT);
    }

    private static List<ImageTask> tasks(AttackContext context, boolean erased, Set<String> negatives) {
        List<ImageTask> tasks = new ArrayList<>();
        for (double scale : context.budget().negative().scales()) {
            int seed = 0;
            for (EvaluationPrompts.Prompt prompt : context.prompts().neutral(context.request().kind())) {
                // Every prompt has seeds of its own; negative prompts and scales share them and are comparable.
                for (int i = 0; i < context.budget().negative().seeds(); i++) {
                    long drawn = context.seed("negative", seed++);
                    negatives.forEach(negative -> tasks.add(new ImageTask(erased, prompt.text(), negative, scale, drawn)));
                }
            }
        }
        return tasks;
    }

    private List<TokenSearch.Found> searched(AttackContext context) {
        ItemLog<String, TokenSearch.Found> log = context.itemLog(name() + "-search", TokenSearch.Found.class, TokenSearch.Found::key);
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            NDArray states = context.sampler().original().encode(manager, List.of("", context.request().concept()));
            NDArray mirror = states.get("0:1").mul(2).sub(states.get("1:2"));
            TokenSearch search = context.search(context.sampler().negative(), PromptMetric.keyValue(context.distance()));
            for (int i = 0; i < context.budget().negative().searched(); i++) {
                String key = "mirror " + i;
                if (log.get(key) == null) {
                    context.cancellation().throwIfCancelled();
                    log.append(List.of(search.search(key, mirror, new TokenSearch.Slot(new int[0], 1 + i % SEARCHED_TOKENS, new int[0]), SWEEPS,
                            context.noise(name() + " " + key))));
                }
            }
        }
        return log.all();
    }
}
