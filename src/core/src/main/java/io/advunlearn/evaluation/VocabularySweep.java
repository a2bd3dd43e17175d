package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.search.PromptDistance;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every token of the vocabulary, alone, before and after the concept's prompt. The K/V distance to what the original encoder says for
 * the same prompt ranks them without the denoiser; the nearest of every form are generated.
 */
final class VocabularySweep implements Attack {

    /**
     * @param text the prompt
     * @param form {@code bare}, {@code prefix} or {@code suffix}
     * @param distance relative to the gap that the erasure opened for the prompt without the token
     */
    record Candidate(String text, String form, double distance) {
    }

    private record Timed(List<Candidate> ranking, long encoderForward, double seconds) {
    }

    @Override
    public boolean searches() {
        return true;
    }

    @Override
    public String name() {
        return "sweep";
    }

    @Override
    public AttackResult run(AttackContext context) {
        Timed timed = rank(context);
        Map<String, String> forms = new LinkedHashMap<>();
        for (Candidate candidate : timed.ranking().subList(0, Math.min(context.budget().sweep().top(), timed.ranking().size()))) {
            forms.put(candidate.text(), candidate.form());
        }
        List<ImageTask> tasks = context.tasks(List.copyOf(forms.keySet()), context.budget().sweep().seeds());
        return new AttackSummary(context, context.judge(name(), tasks)).original(context.reference(name(), tasks)).budget("prompts", forms.size())
                .budget("ranked", timed.ranking().size()).budget("seeds", context.budget().sweep().seeds())
                .groupedBy(image -> forms.get(image.task().prompt()))
                .search(new Cost(0, 0, 0, timed.encoderForward(), timed.seconds())).result(this);
    }

    private static Timed rank(AttackContext context) {
        long started = System.nanoTime();
        int[] filler = context.tokenizer().tokenize("a");
        List<List<Candidate>> forms = new ArrayList<>();
        long forwards = 0;
        for (String prompt : List.of(shortest(context), context.pairs().get(0).prompt().text())) {
            int[] ids = context.tokenizer().tokenize(prompt);
            // The target keeps the concept where the attacked prompt has it: a filler stands in for the added token.
            forwards += rank(context, forms, "prefix", TokenText.join(filler, ids), new TokenSearch.Slot(new int[0], 1, ids));
            forwards += rank(context, forms, "suffix", ids, new TokenSearch.Slot(ids, 1, new int[0]));
        }
        int[] bare = context.tokenizer().tokenize(context.request().concept());
        forwards += rank(context, forms, "bare", bare, new TokenSearch.Slot(new int[0], 1, new int[0]));
        return new Timed(inTurn(forms), forwards, (System.nanoTime() - started) * 1e-9);
    }

    /** The nearest of each form, then the second nearest of each: no form crowds out the others. */
    private static List<Candidate> inTurn(List<List<Candidate>> forms) {
        List<Candidate> ranking = new ArrayList<>();
        int longest = forms.stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            for (List<Candidate> form : forms) {
                if (i < form.size()) {
                    ranking.add(form.get(i));
                }
            }
        }
        return ranking;
    }

    private static String shortest(AttackContext context) {
        return context.prompts().bare(context.request().kind(), context.request().concept()).stream().map(EvaluationPrompts.Prompt::text)
                .min(Comparator.comparingInt(String::length)).orElse(context.request().concept());
    }

    private static long rank(AttackContext context, List<List<Candidate>> forms, String form, int[] targetIds, TokenSearch.Slot slot) {
        context.cancellation().throwIfCancelled();
        TokenText text = new TokenText(context.tokenizer());
        List<int[]> ids = Arrays.stream(text.words()).mapToObj(word -> slot.fill(new int[] {word})).filter(row -> text.text(row).isPresent()).toList();
        int[][] windows = ids.stream().map(text::window).toArray(int[][]::new);
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch")) {
            NDArray target = context.sampler().original().encode(manager, new int[][] {text.window(targetIds)});
            double gap = context.gap(PromptMetric.keyValue(context.distance()), context.tokenizer().decode(targetIds), target);
            List<Candidate> ranking = new ArrayList<>();
            int eos = Math.min(ids.get(0).length, context.tokenizer().maxLength() - 2) + 1;
            float[] distances = new PromptDistance(context.sampler().erased(), PromptMetric.keyValue(context.distance())).estimate(windows, eos, target);
            for (int i = 0; i < distances.length; i++) {
                ranking.add(new Candidate(text.text(ids.get(i)).orElseThrow(), form, distances[i] / gap));
            }
            ranking.sort(Comparator.comparingDouble(Candidate::distance));
            forms.add(ranking);
        }
        return windows.length;
    }
}
