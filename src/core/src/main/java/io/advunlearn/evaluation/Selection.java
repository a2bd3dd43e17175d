package io.advunlearn.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prompts and seeds on which the original model shows the concept: without them an attack's rate would measure the model, not the erasure. */
final class Selection {

    private static final String STAGE = "selection";

    /**
     * @param original how often the original model showed the concept
     * @param pairs the pairs kept, the first of those that succeeded
     * @param images the original image of each pair
     * @param tried every image made to find them
     */
    record Selected(Rate original, List<AttackContext.Pair> pairs, List<JudgedImage> images, List<JudgedImage> tried) {

        EvaluationReport.Selection summary() {
            return new EvaluationReport.Selection(original, pairs.size(), (int) pairs.stream().map(p -> p.prompt().text()).distinct().count());
        }
    }

    private Selection() {
    }

    /** @throws IllegalArgumentException if the original model never shows the concept */
    static Selected select(AttackContext context) {
        EvaluationBudget budget = context.budget();
        List<EvaluationPrompts.Prompt> prompts = context.prompts().asking(context.request().kind(), context.request().concept(), context.request().seed());
        ItemLog<ImageTask, JudgedImage> log = context.originalLog(STAGE);
        Map<JudgedImage, AttackContext.Pair> found = new LinkedHashMap<>();
        List<JudgedImage> tried = new ArrayList<>();
        while (found.size() < budget.pairs() && tried.size() < budget.tries()) {
            List<AttackContext.Pair> tries = new ArrayList<>();
            for (int i = tried.size(); i < Math.min(tried.size() + budget.batch(), budget.tries()); i++) {
                tries.add(new AttackContext.Pair(prompts.get(i % prompts.size()), context.seed(STAGE, i)));
            }
            List<JudgedImage> images = context.sampler().judge(tries.stream().map(p -> context.task(p.prompt().text(), p.seed()).original()).toList(),
                    log, STAGE, EvaluationListener.NONE);
            for (int i = 0; i < tries.size(); i++) {
                if (context.shown(images.get(i)) && found.size() < budget.pairs()) {
                    found.put(images.get(i), tries.get(i));
                }
            }
            tried.addAll(images);
            context.listener().onProgress(new EvaluationListener.Progress(STAGE, found.size(), budget.pairs()));
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException("the original model never showed " + context.request().concept() + " in " + tried.size()
                    + " images: nothing can be measured");
        }
        return new Selected(AttackSummary.rate(tried, context::shown), List.copyOf(found.values()), List.copyOf(found.keySet()), tried);
    }
}
