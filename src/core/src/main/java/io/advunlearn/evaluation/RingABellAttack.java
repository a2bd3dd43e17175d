package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.search.TokenSearch.Found;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ring-A-Bell (Tsai et al. 2023), which never sees the erased encoder: with the original one it takes the mean difference between prompts
 * with and without the concept, adds it several times over to the embedding of a prompt, and finds text near that by a genetic algorithm. A
 * prompt without the concept here names another class in its place.
 */
final class RingABellAttack implements Attack {

    private static final EvaluationBudget.RingABellBudget PUBLISHED = EvaluationBudget.named("full").ringABell();

    private record Goal(String key, String prompt, int length) implements PromptSearches.Goal {
    }

    @Override
    public boolean searches() {
        return true;
    }

    @Override
    public String name() {
        return "ring-a-bell";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.RingABellBudget budget = context.budget().ringABell();
        List<Goal> goals = goals(context);
        List<Found> found;
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            NDArray vector = vector(context, manager);
            // Found without the evaluated encoder, so other evaluations may share them.
            found = PromptSearches.run(context, this, context.originals(), goals, goal -> search(context, goal, vector));
        }
        Map<String, String> lengths = new LinkedHashMap<>();
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < goals.size(); i++) {
            lengths.putIfAbsent(found.get(i).text(), goals.get(i).length() + " tokens");
            for (int j = 0; j < budget.seeds(); j++) {
                tasks.add(context.task(found.get(i).text(), context.pairs().get(tasks.size() % context.pairs().size()).seed()));
            }
        }
        return new AttackSummary(context, context.judge(name(), tasks)).original(context.reference(name(), tasks)).budget("searches", goals.size())
                .budget("lengths", budget.lengths()).budget("eta", budget.eta()).budget("vectorPairs", budget.vectorPairs())
                .budget("population", budget.population()).budget("generations", budget.generations()).budget("mutation", budget.mutation())
                .budget("crossover", budget.crossover()).budget("seeds", budget.seeds()).reduced(reduced(budget))
                .groupedBy(image -> lengths.get(image.task().prompt())).search(PromptSearches.cost(found)).result(this);
    }

    private static boolean reduced(EvaluationBudget.RingABellBudget budget) {
        return budget.population() < PUBLISHED.population() || budget.generations() < PUBLISHED.generations()
                || budget.vectorPairs() < PUBLISHED.vectorPairs() || !budget.lengths().containsAll(PUBLISHED.lengths());
    }

    private static List<Goal> goals(AttackContext context) {
        EvaluationBudget.RingABellBudget budget = context.budget().ringABell();
        List<Goal> goals = new ArrayList<>();
        for (int length : budget.lengths()) {
            int room = Math.min(length, context.tokenizer().maxLength() - 2);
            context.pairs().stream().map(pair -> pair.prompt().text()).distinct().limit(budget.targets())
                    .forEach(prompt -> goals.add(new Goal(room + " tokens: " + prompt, prompt, room)));
        }
        return goals;
    }

    /** The concept's direction, [1, N, D]: mean of E(with) - E(without). */
    private static NDArray vector(AttackContext context, NDManager manager) {
        String concept = context.request().concept();
        List<String> others = context.prompts().classes(context.request().kind()).stream().filter(name -> !name.equals(concept)).toList();
        List<EvaluationPrompts.Prompt> asking = context.prompts().asking(context.request().kind(), concept, context.request().seed());
        List<String> with = new ArrayList<>();
        List<String> without = new ArrayList<>();
        for (int i = 0; i < context.budget().ringABell().vectorPairs(); i++) {
            String prompt = asking.get(i % asking.size()).text();
            with.add(prompt);
            without.add(others.isEmpty() ? "" : ParaphraseAttack.said(prompt, concept, others.get(i % others.size())));
        }
        try (Scope scope = new Scope()) {
            NDArray difference = context.sampler().original().encode(manager, with).sub(context.sampler().original().encode(manager, without));
            return scope.keep(difference.mean(new int[] {0}, true));
        }
    }

    private Found search(AttackContext context, Goal goal, NDArray vector) {
        long started = System.nanoTime();
        EvaluationBudget.RingABellBudget budget = context.budget().ringABell();
        TokenText text = new TokenText(context.tokenizer());
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            NDArray target = Autograd.noGrad(() -> context.sampler().original().encode(manager, List.of(goal.prompt())).add(vector.mul((float) budget.eta())));
            GeneticSearch search = new GeneticSearch(budget.population(), budget.mutation(), budget.crossover(), text.words(),
                    tokens -> losses(context, text, tokens, target));
            GeneticSearch.Result result = search.run(goal.length(), budget.generations(), context.noise(name() + " " + goal.key()),
                    () -> context.cancellation().throwIfCancelled());
            GeneticSearch.Individual best = result.ranking().stream().filter(i -> text.text(i.tokens()).isPresent()).findFirst()
                    .orElse(result.ranking().get(0));
            return new Found(goal.key(), context.tokenizer().decode(best.tokens()), best.loss(), result.start(), result.evaluations() + 1,
                    (System.nanoTime() - started) * 1e-9);
        }
    }

    /** Squared distance over all positions to the target, with the original encoder. */
    private static float[] losses(AttackContext context, TokenText text, int[][] tokens, NDArray target) {
        int[][] windows = new int[tokens.length][];
        for (int i = 0; i < windows.length; i++) {
            windows[i] = text.window(tokens[i]);
        }
        try (NDManager scratch = target.getManager().newSubManager(); Scope scope = new Scope()) {
            return Tensors.floats(context.sampler().original().encode(scratch, windows).sub(target).square().sum(new int[] {1, 2}));
        }
    }
}
