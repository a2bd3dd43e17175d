package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch.Found;
import io.advunlearn.search.TokenText;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Searches for text by distance, kept in a log one by one, and the images of the nearest texts. */
final class PromptSearches {

    /** What one search aims at. */
    interface Goal {

        /** Unique. */
        String key();
    }

    /** What a search by a metric aims at. Its key starts with a label, the metric's name first, and a comma. */
    interface MetricGoal extends Goal {

        /** One of {@link PromptMetric#NAMES}. */
        String metric();
    }

    /** @param <G> kind of goal */
    @FunctionalInterface
    interface Search<G> {

        /** Distances relative to the goal's gap, see {@link AttackContext#gap}. */
        Found search(PromptMetric metric, G goal);
    }

    private PromptSearches() {
    }

    /** Searches by metric, as {@link #run}, in the evaluation's own directory. */
    static <G extends MetricGoal> List<Found> byMetric(AttackContext context, Attack attack, List<G> goals, Search<G> search) {
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            Map<String, PromptMetric> metrics = Map.of("kv", PromptMetric.keyValue(context.distance()),
                    "attention", PromptMetric.attention(context.distance(), ConceptQueries.of(context, manager)));
            return run(context, attack, context.directory(), goals, goal -> search.search(metrics.get(goal.metric()), goal));
        }
    }

    /**
     * Searches that the log does not hold yet are made.
     *
     * @param directory where the log is
     * @return in the order of the goals
     */
    static <G extends Goal> List<Found> run(AttackContext context, Attack attack, Path directory, List<G> goals, Function<G, Found> search) {
        String stage = attack.name() + "-search";
        ItemLog<String, Found> log = new ItemLog<>(directory.resolve(stage + ".jsonl"), Found.class, Found::key);
        int done = 0;
        for (G goal : goals) {
            if (log.get(goal.key()) == null) {
                context.cancellation().throwIfCancelled();
                log.append(List.of(search.apply(goal)));
            }
            context.listener().onProgress(new EvaluationListener.Progress(stage, ++done, goals.size()));
        }
        return goals.stream().map(goal -> log.get(goal.key())).toList();
    }

    /**
     * Images of the nearest texts of each metric in turn.
     *
     * @param top texts at most
     * @param seeds images of each
     */
    static AttackSummary images(AttackContext context, Attack attack, List<Found> found, int top, int seeds) {
        Map<String, String> texts = nearest(found);
        List<ImageTask> tasks = context.tasks(texts.keySet().stream().limit(top).toList(), seeds);
        return new AttackSummary(context, context.judge(attack.name(), tasks)).original(context.reference(attack.name(), tasks))
                .budget("searches", found.size()).budget("metrics", PromptMetric.NAMES).budget("seeds", seeds)
                .groupedBy(image -> texts.get(image.task().prompt())).search(cost(found));
    }

    /** Texts and how they were found, the nearest of each metric in turn. */
    private static Map<String, String> nearest(List<Found> found) {
        List<List<Found>> byMetric = PromptMetric.NAMES.stream().map(metric -> found.stream().filter(f -> f.text() != null && f.key().startsWith(metric))
                .sorted(Comparator.comparingDouble(Found::distance)).toList()).toList();
        Map<String, String> texts = new LinkedHashMap<>();
        for (int i = 0; i < found.size(); i++) {
            for (List<Found> ranking : byMetric) {
                if (i < ranking.size()) {
                    texts.putIfAbsent(ranking.get(i).text(), ranking.get(i).key().substring(0, ranking.get(i).key().indexOf(',')));
                }
            }
        }
        return texts;
    }

    /** What the searches cost. */
    static Cost cost(List<Found> found) {
        return new Cost(0, 0, 0, found.stream().mapToLong(Found::encoderForward).sum(), found.stream().mapToDouble(Found::seconds).sum());
    }

    /** With distances in shares of the gap that the erasure opened. */
    static Found relative(Found found, double gap) {
        return new Found(found.key(), found.text(), found.distance() / gap, found.start() / gap, found.encoderForward(), found.seconds());
    }

    /** The ids of {@code count} articles: they keep a place in a target for tokens that are searched. */
    static int[] fillers(AttackContext context, int count) {
        int[] fillers = new int[Math.max(0, count)];
        Arrays.fill(fillers, context.tokenizer().tokenize("a")[0]);
        return fillers;
    }

    /** The original encoder's embedding of ids, [1, N, D]. */
    static NDArray target(AttackContext context, NDManager manager, int[] ids) {
        return context.sampler().original().encode(manager, new int[][] {new TokenText(context.tokenizer()).window(ids)});
    }
}
