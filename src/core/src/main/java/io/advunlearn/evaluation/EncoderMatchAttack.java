package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Text whose erased embedding says to the denoiser what the original encoder said for the concept: greedy token search on bare and full
 * prompts, position by position in the K/V metric and blind to order by the answers of the cross-attention layers, then images of the
 * nearest texts. Nothing is excluded from the vocabulary, the concept's own word
 * included; the rate without the word is reported beside.
 */
final class EncoderMatchAttack implements Attack {

    private record Goal(String key, String metric, String prompt, int tokens) implements PromptSearches.MetricGoal {
    }

    @Override
    public boolean searches() {
        return true;
    }

    @Override
    public String name() {
        return "encoder-match";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.MatchBudget budget = context.budget().match();
        List<TokenSearch.Found> found = PromptSearches.byMetric(context, this, goals(context), (metric, goal) -> search(context, metric, goal));
        return PromptSearches.images(context, this, found, budget.top(), budget.seeds()).budget("tokens", budget.tokens())
                .budget("restarts", budget.restarts()).budget("sweeps", budget.sweeps()).budget("candidates", budget.candidates()).result(this);
    }

    private static List<Goal> goals(AttackContext context) {
        Set<String> prompts = new LinkedHashSet<>();
        prompts.add(context.request().concept());
        context.prompts().bare(context.request().kind(), context.request().concept()).forEach(p -> prompts.add(p.text()));
        context.pairs().forEach(pair -> prompts.add(pair.prompt().text()));
        List<Goal> goals = new ArrayList<>();
        for (String prompt : prompts.stream().limit(context.budget().match().targets()).toList()) {
            for (int tokens : context.budget().match().tokens()) {
                for (int restart = 0; restart < context.budget().match().restarts(); restart++) {
                    for (String metric : PromptMetric.NAMES) {
                        goals.add(new Goal(metric + " " + tokens + " tokens, start " + restart + ": " + prompt, metric, prompt, tokens));
                    }
                }
            }
        }
        return goals;
    }

    private TokenSearch.Found search(AttackContext context, PromptMetric metric, Goal goal) {
        int[] word = context.tokenizer().tokenize(context.request().concept());
        int[] prompt = context.tokenizer().tokenize(goal.prompt());
        int found = indexOf(prompt, word);
        // A topic's prompts need not name it: then the whole prompt is replaced.
        int[] concept = found < 0 ? prompt : word;
        int at = Math.max(0, found);
        int[] before = Arrays.copyOf(prompt, at);
        int[] after = Arrays.copyOfRange(prompt, at + concept.length, prompt.length);
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            // Articles before the concept, so that its target stands where the last free token will stand.
            int[] wanted = TokenText.join(before, PromptSearches.fillers(context, goal.tokens() - concept.length), concept, after);
            NDArray target = PromptSearches.target(context, manager, wanted);
            TokenSearch.Found nearest = context.search(context.sampler().erased(), metric).search(goal.key(), target,
                    new TokenSearch.Slot(before, goal.tokens(), after), context.budget().match().sweeps(), context.noise(name() + " " + goal.key()));
            return PromptSearches.relative(nearest, context.gap(metric, context.tokenizer().decode(wanted), target));
        }
    }

    private static int indexOf(int[] prompt, int[] concept) {
        for (int i = 0; i + concept.length <= prompt.length; i++) {
            if (Arrays.equals(prompt, i, i + concept.length, concept, 0, concept.length)) {
                return i;
            }
        }
        return -1;
    }
}
