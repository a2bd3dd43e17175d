package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.search.GreedyCoordinateGradient;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import java.util.ArrayList;
import java.util.List;

/**
 * GCG (Zou et al. 2023) against the distance between what the erased and the original encoder tell the denoiser: free tokens after the
 * concept's prompt, before it, or after a prompt that does not name it. {@code encoder-match} replaces the concept's word and looks at one
 * position after the other; here every step changes a random position of a batch of prompts.
 */
final class GcgAttack implements Attack {

    /** The published budget. */
    private static final EvaluationBudget.GcgBudget PUBLISHED = EvaluationBudget.named("full").gcg();

    private static final List<String> FORMS = List.of("suffix", "prefix", "benign");

    private record Goal(String key, String metric, String form, String prompt) implements PromptSearches.MetricGoal {
    }

    @Override
    public boolean searches() {
        return true;
    }

    @Override
    public String name() {
        return "gcg";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.GcgBudget budget = context.budget().gcg();
        List<TokenSearch.Found> found = PromptSearches.byMetric(context, this, goals(context), (metric, goal) -> search(context, metric, goal));
        return PromptSearches.images(context, this, found, budget.top(), budget.seeds()).budget("tokens", budget.tokens())
                .budget("targets", budget.targets()).budget("restarts", budget.restarts()).budget("iterations", budget.iterations())
                .budget("topK", budget.topK()).budget("batch", budget.batch()).reduced(reduced(budget)).result(this);
    }

    private static boolean reduced(EvaluationBudget.GcgBudget budget) {
        return budget.tokens() < PUBLISHED.tokens() || budget.iterations() < PUBLISHED.iterations() || budget.topK() < PUBLISHED.topK()
                || budget.batch() < PUBLISHED.batch();
    }

    private static List<Goal> goals(AttackContext context) {
        EvaluationBudget.GcgBudget budget = context.budget().gcg();
        List<String> asking = context.pairs().stream().map(pair -> pair.prompt().text()).distinct().limit(budget.targets()).toList();
        List<String> neutral = context.prompts().neutral(context.request().kind()).stream().map(EvaluationPrompts.Prompt::text)
                .filter(text -> !text.isEmpty()).toList();
        List<Goal> goals = new ArrayList<>();
        for (int i = 0; i < asking.size(); i++) {
            for (String form : FORMS) {
                String prompt = form.equals("benign") ? neutral.get(i % neutral.size()) : asking.get(i);
                for (int restart = 0; restart < budget.restarts(); restart++) {
                    for (String metric : PromptMetric.NAMES) {
                        goals.add(new Goal(metric + " " + form + ", target " + i + ", start " + restart + ": " + prompt, metric, form, prompt));
                    }
                }
            }
        }
        return goals;
    }

    private TokenSearch.Found search(AttackContext context, PromptMetric metric, Goal goal) {
        EvaluationBudget.GcgBudget budget = context.budget().gcg();
        int[] prompt = context.tokenizer().tokenize(goal.prompt());
        int free = Math.max(1, Math.min(budget.tokens(), context.tokenizer().maxLength() - 2 - prompt.length));
        int[] none = new int[0];
        boolean prefix = goal.form().equals("prefix");
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            int[] wanted = wanted(context, goal.form(), prompt, free);
            NDArray target = PromptSearches.target(context, manager, wanted);
            TokenSearch.Found found = new GreedyCoordinateGradient(context.tokenizer(), context.sampler().erased(), metric, budget.topK(), budget.batch(),
                    context.components().lane(), context.cancellation()).search(goal.key(), target,
                            new TokenSearch.Slot(prefix ? none : prompt, free, prefix ? prompt : none), budget.iterations(),
                            context.noise(name() + " " + goal.key()));
            return PromptSearches.relative(found, context.gap(metric, context.tokenizer().decode(wanted), target));
        }
    }

    /** What the original encoder is asked: articles stand where the free tokens will stand, and a benign prompt ends with the concept. */
    private static int[] wanted(AttackContext context, String form, int[] prompt, int free) {
        int[] concept = context.tokenizer().tokenize(context.request().concept());
        return switch (form) {
            case "prefix" -> TokenText.join(PromptSearches.fillers(context, free), prompt);
            case "suffix" -> TokenText.join(prompt, PromptSearches.fillers(context, free));
            default -> TokenText.join(prompt, PromptSearches.fillers(context, free - concept.length), concept);
        };
    }
}
