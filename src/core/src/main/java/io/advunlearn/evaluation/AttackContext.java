package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptDistance;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.tensor.Noise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What every attack works with.
 *
 * @param components the frozen pipeline
 * @param request what was asked
 * @param prompts the concept's prompts
 * @param sampler makes and judges images
 * @param distance the K/V metric of the pipeline's denoiser
 * @param pairs prompts and seeds on which the original model shows the concept
 * @param directory where finished items are kept
 * @param originals where images of the original encoder are kept
 * @param listener told of progress
 * @param cancellation looked at between batches
 */
record AttackContext(PipelineComponents components, EvaluationRequest request, EvaluationPrompts prompts, EvaluationSampler sampler,
        KeyValueDistance distance, List<Pair> pairs, Path directory, Path originals, EvaluationListener listener, CancellationToken cancellation) {

    /**
     * @param prompt a prompt for the concept
     * @param seed a seed with which the original model shows it
     */
    record Pair(EvaluationPrompts.Prompt prompt, long seed) {
    }

    EvaluationBudget budget() {
        return request.budget();
    }

    ClipTokenizer tokenizer() {
        return components.tokenizer();
    }

    /** An image by the evaluated encoder, without a negative prompt. */
    ImageTask task(String prompt, long seed) {
        return new ImageTask(true, prompt, "", budget().guidanceScale(), seed);
    }

    /**
     * Images by the evaluated encoder of several texts, without a negative prompt. The seeds of the selected pairs take turns over all of
     * them: with the same few seeds for every text, what one start noise tends to become would count as often as there are texts.
     *
     * @param seeds images of each text
     */
    List<ImageTask> tasks(List<String> texts, int seeds) {
        List<ImageTask> tasks = new ArrayList<>();
        for (String text : texts) {
            for (int i = 0; i < seeds; i++) {
                tasks.add(task(text, pairs.get(tasks.size() % pairs.size()).seed()));
            }
        }
        return tasks;
    }

    /** An independent stream for a named purpose. */
    Noise noise(String purpose) {
        return new Noise(request.seed()).fork(purpose);
    }

    /** The i-th seed of a purpose, far from those of the selected pairs. */
    long seed(String purpose, int i) {
        return ((long) noise(purpose + " seed " + i).nextInt(Integer.MAX_VALUE) << 8) + i % 256;
    }

    ItemLog<ImageTask, JudgedImage> imageLog(String name) {
        return new ItemLog<>(directory.resolve(name + ".jsonl"), JudgedImage.class, JudgedImage::task);
    }

    /** The log of images by the original encoder, which other evaluations may share. */
    ItemLog<ImageTask, JudgedImage> originalLog(String name) {
        return new ItemLog<>(originals.resolve(name + ".jsonl"), JudgedImage.class, JudgedImage::task);
    }

    AttackContext with(List<Pair> selected) {
        return new AttackContext(components, request, prompts, sampler, distance, List.copyOf(selected), directory, originals, listener, cancellation);
    }

    <T> ItemLog<String, T> itemLog(String name, Class<T> type, Function<T, String> key) {
        return new ItemLog<>(directory.resolve(name + ".jsonl"), type, key);
    }

    /** Makes and judges what the attack's log does not hold yet. */
    List<JudgedImage> judge(String name, List<ImageTask> tasks) {
        return sampler.judge(tasks, imageLog(name), name, listener);
    }

    /**
     * How far the evaluated encoder's embedding of a prompt is from the original one: the gap that an attack has to close, and what its
     * distances are compared with, so that long and short prompts can be ranked together.
     *
     * @param target [1, N, D], the original embedding
     */
    double gap(PromptMetric metric, String prompt, NDArray target) {
        int[][] window = {tokenizer().encode(prompt).ids()};
        return Math.max(Float.MIN_NORMAL, new PromptDistance(sampler.erased(), metric).exact(window, target)[0]);
    }

    /** A token search with the budget's number of candidates. */
    TokenSearch search(PromptEncoder encoder, PromptMetric metric) {
        return new TokenSearch(tokenizer(), encoder, metric, budget().match().candidates(), components.lane(), cancellation);
    }

    /** How often the original encoder shows the concept for the same texts and seeds: what the words alone would do. */
    Rate reference(String name, List<ImageTask> tasks) {
        return AttackSummary.rate(referenceImages(name, tasks), this::shown);
    }

    /** The same texts and seeds with the original encoder. */
    List<JudgedImage> referenceImages(String name, List<ImageTask> tasks) {
        String log = name + "-reference";
        return sampler.judge(tasks.stream().map(ImageTask::original).toList(), imageLog(log), log, listener);
    }

    boolean shown(JudgedImage image) {
        return image.shows(request.kind(), request.concept());
    }

    boolean anyShown(JudgedImage image) {
        return image.anyShows(request.kind(), request.concept());
    }

    /** Whether a text holds the concept's words. */
    boolean namesConcept(String text) {
        return text.toLowerCase(Locale.ROOT).contains(request.concept().toLowerCase(Locale.ROOT));
    }
}
