package io.advunlearn.evaluation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The single trials behind an attack's rate, from the work directory of a finished evaluation. */
public final class AttackOutcomes {

    /** A trial and whether one of its images showed the concept. */
    private record Trial(String key, boolean shown) {
    }

    private AttackOutcomes() {
    }

    /**
     * Whether each trial showed the concept. Trials of two evaluations with the same key are the same prompt, negative prompt, guidance
     * and seed; for {@code unlearn-diff} and {@code p4d}, the same attacked pair.
     *
     * @param workDirectory of the evaluation
     * @param attack an attack's name
     * @return by trial; empty if the attack did not run
     */
    public static Map<String, Boolean> read(Path workDirectory, String attack) {
        EvaluationReport report = EvaluationReport.read(workDirectory.resolve(Evaluator.REPORT));
        if (Files.exists(trials(workDirectory, attack))) {
            Map<String, Boolean> shown = new LinkedHashMap<>();
            new ItemLog<>(trials(workDirectory, attack), Trial.class, Trial::key).all().forEach(trial -> shown.put(trial.key(), trial.shown()));
            return shown;
        }
        return "unlearn-diff".equals(attack) ? diff(workDirectory, report) : images(workDirectory, report.request(), attack);
    }

    /** Keeps the trials of an attack whose trials are more than one image. */
    static void write(Path directory, String attack, Map<String, Boolean> shown) {
        ItemLog<String, Trial> log = new ItemLog<>(trials(directory, attack), Trial.class, Trial::key);
        log.append(shown.entrySet().stream().filter(trial -> log.get(trial.getKey()) == null)
                .map(trial -> new Trial(trial.getKey(), trial.getValue())).toList());
    }

    private static Path trials(Path directory, String attack) {
        return directory.resolve(attack + "-trials.jsonl");
    }

    private static Map<String, Boolean> images(Path directory, EvaluationRequest request, String attack) {
        Map<String, Boolean> shown = new LinkedHashMap<>();
        Path file = directory.resolve(attack + ".jsonl");
        if (Files.exists(file)) {
            for (JudgedImage image : new ItemLog<>(file, JudgedImage.class, JudgedImage::task).all()) {
                ImageTask task = image.task();
                shown.put(task.prompt() + "\n" + task.negativePrompt() + "\n" + task.guidanceScale() + "\n" + task.seed(),
                        image.shows(request.kind(), request.concept()));
            }
        }
        return shown;
    }

    /** Pairs that needed no attack have succeeded, and are in the plain log only. */
    private static Map<String, Boolean> diff(Path directory, EvaluationReport report) {
        Map<String, Boolean> shown = new LinkedHashMap<>();
        images(directory, report.request(), "plain").entrySet().stream().limit(report.request().budget().diff().prompts())
                .forEach(plain -> shown.put(UnlearnDiffAttack.key(shown.size()), plain.getValue()));
        Path file = directory.resolve("unlearn-diff.jsonl");
        if (!Files.exists(file)) {
            return Map.of();
        }
        new ItemLog<>(file, UnlearnDiffAttack.Outcome.class, UnlearnDiffAttack.Outcome::key).all()
                .forEach(outcome -> shown.computeIfPresent(outcome.key(), (key, before) -> before || outcome.success()));
        return shown;
    }
}
