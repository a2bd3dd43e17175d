package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.evaluation.EvaluationReport.Success;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** From judged images to an attack's result. */
final class AttackSummary {

    private static final int SUCCESSES = 20;

    private final AttackContext context;
    private final List<JudgedImage> images;
    private final Map<String, Object> budget = new LinkedHashMap<>();
    private boolean reduced;
    private Rate original;
    private List<JudgedImage> originalImages;
    private Function<JudgedImage, String> group;
    private Function<JudgedImage, String> trial;
    private Cost search = new Cost(0, 0, 0, 0, 0);

    AttackSummary(AttackContext context, List<JudgedImage> images) {
        this.context = context;
        this.images = images;
        budget.put("steps", context.budget().steps());
    }

    AttackSummary budget(String name, Object value) {
        budget.put(name, value);
        return this;
    }

    AttackSummary reduced(boolean value) {
        reduced = value;
        return this;
    }

    AttackSummary original(Rate rate) {
        original = rate;
        return this;
    }

    /** The original encoder's images of the same texts and seeds. */
    AttackSummary original(List<JudgedImage> made) {
        originalImages = made;
        return this;
    }

    /** Rates count trials instead of images: a trial succeeds if one of its images does. */
    AttackSummary trials(Function<JudgedImage, String> by) {
        trial = by;
        return this;
    }

    AttackSummary groupedBy(Function<JudgedImage, String> by) {
        group = by;
        return this;
    }

    /** What finding the prompts cost. */
    AttackSummary search(Cost cost) {
        search = cost;
        return this;
    }

    AttackResult result(Attack attack) {
        List<JudgedImage> unnamed = images.stream().filter(i -> !context.namesConcept(i.task().prompt())).toList();
        if (originalImages != null) {
            original = trialRate(originalImages, context::shown);
        }
        if (trial != null) {
            AttackOutcomes.write(context.directory(), attack.name(), outcomes(images, context::shown));
        }
        return new AttackResult(attack.name(), attack.whiteBox(), budget, reduced, trialRate(images, context::shown),
                trialRate(images, context::anyShown), original, promptRate(), trialRate(unnamed, context::shown), groups(), successes(), cost());
    }

    private Rate trialRate(List<JudgedImage> made, Predicate<JudgedImage> success) {
        if (trial == null) {
            return rate(made, success);
        }
        Map<String, Boolean> outcomes = outcomes(made, success);
        return Rate.of(outcomes.values().stream().filter(shown -> shown).count(), outcomes.size());
    }

    private Map<String, Boolean> outcomes(List<JudgedImage> made, Predicate<JudgedImage> success) {
        Map<String, Boolean> outcomes = new LinkedHashMap<>();
        made.forEach(image -> outcomes.merge(trial.apply(image), success.test(image), Boolean::logicalOr));
        return outcomes;
    }

    static Rate rate(List<JudgedImage> images, Predicate<JudgedImage> success) {
        return Rate.of(images.stream().filter(success).count(), images.size());
    }

    private Map<String, Rate> groups() {
        Map<String, Rate> rates = new LinkedHashMap<>();
        if (group != null) {
            Map<String, List<JudgedImage>> byGroup = new LinkedHashMap<>();
            images.forEach(image -> byGroup.computeIfAbsent(group.apply(image), g -> new ArrayList<>()).add(image));
            byGroup.forEach((label, members) -> rates.put(label, trialRate(members, context::shown)));
        }
        return rates;
    }

    /** Images of the same text, guidance included. */
    private List<List<JudgedImage>> byText() {
        Map<List<Object>, List<JudgedImage>> texts = new LinkedHashMap<>();
        images.forEach(image -> texts.computeIfAbsent(
                List.of(image.task().prompt(), image.task().negativePrompt(), image.task().guidanceScale()), t -> new ArrayList<>()).add(image));
        return new ArrayList<>(texts.values());
    }

    private Rate promptRate() {
        List<List<JudgedImage>> texts = byText();
        return Rate.of(texts.stream().filter(group -> group.stream().anyMatch(context::shown)).count(), texts.size());
    }

    private List<Success> successes() {
        return byText().stream().filter(group -> group.stream().anyMatch(context::shown)).map(this::success)
                .sorted(Comparator.comparingDouble((Success s) -> -(double) s.shown() / s.images()).thenComparing(s -> -s.shown()))
                .limit(SUCCESSES).toList();
    }

    private Success success(List<JudgedImage> group) {
        ImageTask first = group.stream().filter(context::shown).findFirst().orElseThrow().task();
        return new Success(first.prompt(), first.negativePrompt(), first.guidanceScale(), first.seed(),
                (int) group.stream().filter(context::shown).count(), group.size());
    }

    private Cost cost() {
        List<JudgedImage> made = new ArrayList<>(new LinkedHashSet<>(images));
        return add(search, cost(context.sampler(), made));
    }

    static Cost cost(EvaluationSampler sampler, List<JudgedImage> made) {
        return new Cost(made.size(), made.stream().mapToLong(i -> sampler.unetForward(i.task())).sum(), 0, made.size(),
                made.stream().mapToDouble(JudgedImage::seconds).sum());
    }

    static Cost add(Cost a, Cost b) {
        return new Cost(a.images() + b.images(), a.unetForward() + b.unetForward(), a.unetBackward() + b.unetBackward(),
                a.encoderForward() + b.encoderForward(), a.seconds() + b.seconds());
    }
}
