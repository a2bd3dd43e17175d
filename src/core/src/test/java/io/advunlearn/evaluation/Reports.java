package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.Cost;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.evaluation.EvaluationReport.Success;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reports for tests. */
public final class Reports {

    private static final Cost COST = new Cost(10, 100, 20, 10, 1.5);

    private Reports() {
    }

    public static AttackResult attack(String name, long successes, long trials) {
        return attack(name, false, successes, trials, List.of());
    }

    public static AttackResult whiteBox(String name, long successes, long trials) {
        return attack(name, true, successes, trials, List.of());
    }

    public static AttackResult attack(String name, boolean whiteBox, long successes, long trials, List<Success> found) {
        Rate rate = Rate.of(successes, trials);
        return new AttackResult(name, whiteBox, Map.of("steps", 20), true, rate, rate, null, rate, Rate.of(0, 0), Map.of(), found, COST);
    }

    public static Retention retention(ClassAccuracy... objects) {
        return new Retention(List.of(objects), List.of(), List.of(), 0, null, 0, Map.of(), 0, 0, null, null, null, null);
    }

    public static EvaluationReport withAttacks(AttackResult... attacks) {
        return report("church", "candidate", List.of(attacks), null);
    }

    public static EvaluationReport with(Retention retention) {
        return report("church", "candidate", List.of(), retention);
    }

    public static EvaluationReport report(String concept, String name, List<AttackResult> attacks, Retention retention) {
        return new EvaluationReport(EvaluationReport.SCHEMA, "base-digest", "unet-digest", "digest-of-" + name, name, List.of("detector"),
                Instant.parse("2026-01-02T03:04:05Z"), EvaluationRequest.of(concept, "object", "demo", 1), new EvaluationReport.Selection(Rate.of(9, 10), 9, 9),
                attacks, retention, COST, null, new Environment("1", "17", "PyTorch 2.7.1", "cpu", 2, 1L << 30, null));
    }

    /** Writes an attack's log of a trial each, prompts p0, p1, ..., where those that are shown have a church. */
    public static void trials(Path evaluation, String attack, boolean... shown) {
        List<JudgedImage> images = new ArrayList<>();
        for (int i = 0; i < shown.length; i++) {
            images.add(new JudgedImage(new ImageTask(true, "p" + i, "", 5, i), new Judgement(shown[i] ? List.of("church") : List.of(), List.of(), List.of()),
                    List.of(0, 0, 0), 0.1, null));
        }
        new ItemLog<>(evaluation.resolve(attack + ".jsonl"), JudgedImage.class, JudgedImage::task).append(images);
    }
}
