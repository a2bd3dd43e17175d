package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Text whose erased embedding says to the denoiser what the original encoder said for the concept: greedy token search on bare and full
 * prompts, position by position in the K/V metric and blind to order by the answers of the cross-attention layers, then images of the
 * nearest texts. Nothing is excluded from the vocabulary, the concept's own word
 * included; the rate without the word is reported beside.
 */
final class EncoderMatchAttack implements Attack {

    private record Goal(String key, String metric, String prompt, int tokens) {
    }

    @Override
    public String name() {
        return "encoder-match";
    }

    @Override
    public AttackResult run(AttackContext context) {
        List<TokenSearch.Found> found = search(context);
        Map<String, String> texts = nearest(found);
        List<ImageTask> tasks = new ArrayList<>();
        texts.keySet().stream().limit(context.budget().match().top()).forEach(text -> {
            for (int i = 0; i < context.budget().match().seeds(); i++) {
                tasks.add(context.task(text, context.pairs().get(i % context.pairs().size()).seed()));
            }
        });
        return new AttackSummary(context, context.judge(name(), tasks)).original(context.reference(name(), tasks)).budget("searches", found.size())
                .budget("metrics", PromptMetric.NAMES).budget("tokens", context.budget().match().tokens()).budget("restarts", context.budget().match().restarts())
                .budget("sweeps", context.budget().match().sweeps()).budget("candidates", context.budget().match().candidates())
                .budget("seeds", context.budget().match().seeds())
                .groupedBy(image -> texts.get(image.task().prompt())).search(cost(found)).result(this);
    }

    /** Texts and how they were found, the nearest of each metric in turn. */
    private static Map<String, String> nearest(List<TokenSearch.Found> found) {
        List<List<TokenSearch.Found>> byMetric = PromptMetric.NAMES.stream().map(metric -> found.stream()
                .filter(f -> f.text() != null && f.key().startsWith(metric)).sorted(Comparator.comparingDouble(TokenSearch.Found::distance)).toList())
                .toList();
        Map<String, String> texts = new LinkedHashMap<>();
        for (int i = 0; i < found.size(); i++) {
            for (List<TokenSearch.Found> ranking : byMetric) {
                if (i < ranking.size()) {
                    texts.putIfAbsent(ranking.get(i).text(), ranking.get(i).key().substring(0, ranking.get(i).key().indexOf(',')));
                }
            }
        }
        return texts;
    }

    private static Cost cost(List<TokenSearch.Found> found) {
        return new Cost(0, 0, 0, found.stream().mapToLong(TokenSearch.Found::encoderForward).sum(),
                found.stream().mapToDouble(TokenSearch.Found::seconds).sum());
    }

    private List<TokenSearch.Found> search(AttackContext context) {
        ItemLog<String, TokenSearch.Found> log = context.itemLog(name() + "-search", TokenSearch.Found.class, TokenSearch.Found::key);
        List<Goal> goals = goals(context);
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            Map<String, PromptMetric> metrics = Map.of("kv", PromptMetric.keyValue(context.distance()),
                    "attention", PromptMetric.attention(context.distance(), ConceptQueries.of(context, manager)));
            int done = 0;
            for (Goal goal : goals) {
                if (log.get(goal.key()) == null) {
                    context.cancellation().throwIfCancelled();
                    log.append(List.of(search(context, metrics.get(goal.metric()), goal)));
                }
                context.listener().onProgress(new EvaluationListener.Progress(name() + "-search", ++done, goals.size()));
            }
        }
        return goals.stream().map(goal -> log.get(goal.key())).toList();
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
        TokenText text = new TokenText(context.tokenizer());
        int[] concept = context.tokenizer().tokenize(context.request().concept());
        int[] prompt = context.tokenizer().tokenize(goal.prompt());
        int at = indexOf(prompt, concept);
        int[] before = Arrays.copyOf(prompt, at);
        int[] after = Arrays.copyOfRange(prompt, at + concept.length, prompt.length);
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            int[] wanted = TokenText.join(before, fillers(context, goal.tokens() - concept.length), concept, after);
            NDArray target = context.sampler().original().encode(manager, new int[][] {text.window(wanted)});
            double gap = context.gap(metric, context.tokenizer().decode(wanted), target);
            TokenSearch.Found found = context.search(context.sampler().erased(), metric).search(goal.key(), target,
                    new TokenSearch.Slot(before, goal.tokens(), after), context.budget().match().sweeps(), context.noise(name() + " " + goal.key()));
            return new TokenSearch.Found(found.key(), found.text(), found.distance() / gap, found.start() / gap, found.encoderForward(),
                    found.seconds());
        }
    }

    /** Articles before the concept, so that its target stands where the last free token will stand. */
    private static int[] fillers(AttackContext context, int count) {
        int[] fillers = new int[Math.max(0, count)];
        Arrays.fill(fillers, context.tokenizer().tokenize("a")[0]);
        return fillers;
    }

    private static int indexOf(int[] prompt, int[] concept) {
        for (int i = 0; i + concept.length <= prompt.length; i++) {
            if (Arrays.equals(prompt, i, i + concept.length, concept, 0, concept.length)) {
                return i;
            }
        }
        throw new IllegalArgumentException("the concept's tokens are not part of its own prompt");
    }
}
