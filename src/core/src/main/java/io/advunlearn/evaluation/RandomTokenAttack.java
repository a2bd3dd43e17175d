package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.List;

/** The floor that a search must beat: random tokens before the concept's prompts. */
final class RandomTokenAttack implements Attack {

    @Override
    public String name() {
        return "random";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget budget = context.budget();
        Noise noise = context.noise(name());
        TokenText text = new TokenText(context.tokenizer());
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < budget.random().images(); i++) {
            AttackContext.Pair pair = context.pairs().get(i % context.pairs().size());
            int[] prompt = context.tokenizer().tokenize(pair.prompt().text());
            tasks.add(context.task(text.surviving(() -> TokenText.join(text.random(budget.random().tokens(), noise), prompt)), pair.seed()));
        }
        return new AttackSummary(context, context.judge(name(), tasks)).budget("images", budget.random().images())
                .budget("tokens", budget.random().tokens()).result(this);
    }
}
