package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.evaluation.ClassLosses.Named;
import io.advunlearn.evaluation.EvaluationReport.BeforeAfter;
import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.ClipScore;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What an erasure did to everything it was not asked to touch: the same prompts and seeds with both encoders. */
final class RetentionMeasurement {

    private static final String STAGE = "retention";
    private static final int NEIGHBOURS = 3;
    private static final int EMPTY_SEEDS = 8;

    private final AttackContext context;
    private final Palette palette;
    private final List<EvaluationPrompts.Prompt> prompts;
    private final List<JudgedImage> before;
    private final List<JudgedImage> after;

    RetentionMeasurement(AttackContext context, Palette palette) {
        this.context = context;
        this.palette = palette;
        prompts = context.prompts().retained(context.request().kind(), context.request().concept(), context.budget().retentionImages(),
                context.request().seed());
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            tasks.add(context.task(prompts.get(i).text(), context.seed(STAGE, i)));
        }
        before = context.sampler().measure(tasks.stream().map(ImageTask::original).toList(), context.originalLog(STAGE), STAGE + "-before",
                context.listener());
        after = context.sampler().measure(tasks, context.imageLog(STAGE), STAGE, context.listener());
    }

    EvaluationReport.Cost cost() {
        return AttackSummary.add(AttackSummary.cost(context.sampler(), before), AttackSummary.cost(context.sampler(), after));
    }

    Retention measure(Selection.Selected selected, List<JudgedImage> erased) {
        List<ClassAccuracy> objects = accuracies("object");
        List<ClassAccuracy> styles = accuracies("style");
        List<ClassAccuracy> classes = new ArrayList<>(objects);
        classes.addAll(styles);
        ClassAccuracy worst = classes.stream().max(Comparator.comparingDouble(RetentionMeasurement::loss)).orElse(null);
        List<String> neighbours = neighbours();
        ClassLosses losses = new ClassLosses(prompts, before, after);
        return new Retention(objects, styles, neighbours, classes.stream().mapToDouble(RetentionMeasurement::loss).average().orElse(0),
                worst == null ? null : worst.name(), worst == null ? 0 : loss(worst), others(selected, erased), emptyPromptDrift(), promptDrift(),
                losses.mean(named(objects, styles), context.noise("loss")), losses.mean(neighbours.stream().map(this::ofKind).toList(), context.noise("neighbours")),
                FeatureDrift.of(before, after, context.noise("halves")), clipScore());
    }

    private static List<Named> named(List<ClassAccuracy> objects, List<ClassAccuracy> styles) {
        return Stream.concat(objects.stream().map(c -> new Named("object", c.name())), styles.stream().map(c -> new Named("style", c.name()))).toList();
    }

    private Named ofKind(String name) {
        return new Named(context.request().kind(), name);
    }

    /** {@code null} without a CLIP model. */
    private ClipScore clipScore() {
        if (before.isEmpty() || before.get(0).measures() == null || before.get(0).measures().clipScore() == null) {
            return null;
        }
        List<String> texts = prompts.stream().map(EvaluationPrompts.Prompt::text).toList();
        double[] first = before.stream().mapToDouble(image -> image.measures().clipScore()).toArray();
        double[] second = after.stream().mapToDouble(image -> image.measures().clipScore()).toArray();
        double[] difference = IntStream.range(0, first.length).mapToDouble(i -> second[i] - first[i]).toArray();
        Noise noise = context.noise("clip score");
        return new ClipScore(Bootstrap.mean(texts, first, noise), Bootstrap.mean(texts, second, noise), Bootstrap.mean(texts, difference, noise));
    }

    private static double loss(ClassAccuracy accuracy) {
        return accuracy.before().rate() - accuracy.after().rate();
    }

    private List<ClassAccuracy> accuracies(String kind) {
        List<ClassAccuracy> accuracies = new ArrayList<>();
        for (String name : context.prompts().classes(kind)) {
            List<Integer> rows = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                if (name.equals(prompts.get(i).named(kind))) {
                    rows.add(i);
                }
            }
            if (!rows.isEmpty()) {
                accuracies.add(new ClassAccuracy(name, AttackSummary.rate(rows.stream().map(before::get).toList(), i -> i.shows(kind, name)),
                        AttackSummary.rate(rows.stream().map(after::get).toList(), i -> i.shows(kind, name))));
            }
        }
        return accuracies;
    }

    /** The judged images of one class, for the contact sheet. */
    List<ImageTask> tasks(String kind, String name) {
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            if (name.equals(prompts.get(i).named(kind))) {
                tasks.add(after.get(i).task());
            }
        }
        return tasks;
    }

    /** Classes of the concept's kind whose shortest prompts the original encoder puts nearest to the concept's. */
    List<String> neighbours() {
        String kind = context.request().kind();
        List<String> others = context.prompts().classes(kind).stream().filter(c -> !c.equals(context.request().concept())).toList();
        if (others.isEmpty()) {
            return List.of();
        }
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch");
                KeyValueDistance distance = KeyValueDistance.of(context.components().unet())) {
            List<String> texts = others.stream().map(name -> context.prompts().bare(kind, name).get(0).text()).toList();
            NDArray concept = context.sampler().original().encode(manager, List.of(context.prompts().bare(kind, context.request().concept()).get(0).text()));
            float[] distances = Tensors.floats(distance.distance(context.sampler().original().encode(manager, texts), concept));
            return others.stream().sorted(Comparator.comparingDouble(name -> distances[others.indexOf(name)])).limit(NEIGHBOURS).toList();
        }
    }

    /** In images of the erased concept: is the rest of the prompt still obeyed? */
    private Map<String, BeforeAfter> others(Selection.Selected selected, List<JudgedImage> erased) {
        String other = context.request().kind().equals("style") ? "object" : "style";
        Map<String, BeforeAfter> rates = new LinkedHashMap<>();
        rates.put(other, compare(selected, erased, p -> p.named(other) != null, (p, image) -> image.shows(other, p.named(other))));
        rates.put("background", compare(selected, erased, p -> p.background() != null && palette.knows(p.background()),
                (p, image) -> palette.nearest(image.corner()).equals(p.background())));
        return rates;
    }

    private static BeforeAfter compare(Selection.Selected selected, List<JudgedImage> erased, Predicate<EvaluationPrompts.Prompt> asked,
            java.util.function.BiPredicate<EvaluationPrompts.Prompt, JudgedImage> right) {
        long trials = 0;
        long rightBefore = 0;
        long rightAfter = 0;
        for (int i = 0; i < erased.size(); i++) {
            EvaluationPrompts.Prompt prompt = selected.pairs().get(i).prompt();
            if (asked.test(prompt)) {
                trials++;
                rightBefore += right.test(prompt, selected.images().get(i)) ? 1 : 0;
                rightAfter += right.test(prompt, erased.get(i)) ? 1 : 0;
            }
        }
        return new BeforeAfter(Rate.of(rightBefore, trials), Rate.of(rightAfter, trials));
    }

    private double emptyPromptDrift() {
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < EMPTY_SEEDS; i++) {
            tasks.add(context.task("", context.seed("empty", i)));
        }
        List<RgbImage> original = context.sampler().images(tasks.stream().map(ImageTask::original).toList());
        List<RgbImage> erased = context.sampler().images(tasks);
        double sum = 0;
        long count = 0;
        for (int i = 0; i < tasks.size(); i++) {
            byte[] a = original.get(i).rgb();
            byte[] b = erased.get(i).rgb();
            for (int j = 0; j < a.length; j++, count++) {
                sum += Math.abs((a[j] & 255) - (b[j] & 255)) / 127.5;
            }
        }
        return sum / count;
    }

    private double promptDrift() {
        List<String> texts = prompts.stream().map(EvaluationPrompts.Prompt::text).distinct().toList();
        if (texts.isEmpty()) {
            return 0;
        }
        try (NDManager manager = NDManager.newBaseManager(context.components().device(), "PyTorch");
                KeyValueDistance before = KeyValueDistance.of(context.components().unet())) {
            NDArray original = context.sampler().original().encode(manager, texts);
            NDArray erased = context.sampler().erased().encode(manager, texts);
            NDArray empty = context.sampler().original().encode(manager, List.of(""));
            return Tensors.number(context.distance().distance(erased, original).div(before.distance(original, empty)).mean());
        }
    }
}
