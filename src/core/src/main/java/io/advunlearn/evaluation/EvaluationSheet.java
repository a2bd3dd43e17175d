package io.advunlearn.evaluation;

import io.advunlearn.evaluation.ContactSheet.Cell;
import io.advunlearn.evaluation.ContactSheet.Mark;
import io.advunlearn.evaluation.ContactSheet.Row;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.pipeline.RgbImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rows of an evaluation's contact sheet: the same seeds before and after, neighbours before and after, and the best of every attack. */
final class EvaluationSheet {

    private static final int COLUMNS = 8;

    private EvaluationSheet() {
    }

    /** @param retention {@code null} if it was not measured */
    static List<Row> rows(AttackContext context, EvaluationReport report, RetentionMeasurement retention) {
        String concept = context.request().concept();
        List<Row> rows = new ArrayList<>();
        List<ImageTask> pairs = context.pairs().stream().limit(COLUMNS).map(p -> context.task(p.prompt().text(), p.seed())).toList();
        rows.add(pictures(context, "Original encoder, prompts for " + concept, pairs.stream().map(ImageTask::original).toList(), Mark.NONE));
        rows.add(judged(context, "Encoder " + report.encoderName() + ", same prompts and seeds (red: the judges still see " + concept + ")",
                context.judge("plain", PlainAttack.tasks(context)).stream().limit(COLUMNS).toList()));
        if (retention != null && !report.retention().neighbours().isEmpty()) {
            List<ImageTask> neighbours = neighbours(context, report, retention);
            rows.add(pictures(context, "Original encoder, neighbours of " + concept, neighbours.stream().map(ImageTask::original).toList(), Mark.NONE));
            rows.add(pictures(context, "Encoder " + report.encoderName() + ", same prompts and seeds", neighbours, Mark.NONE));
        }
        for (AttackResult attack : report.attacks()) {
            // A white-box attack's images cannot be made again from their text.
            if (!attack.name().equals("plain") && !attack.whiteBox()) {
                List<JudgedImage> best = best(context, attack.name());
                rows.add(judged(context, String.format(Locale.ROOT, "Attack %s: %d of %d (%.1f %%, 95 %% interval %.1f to %.1f)", attack.name(),
                        attack.rate().successes(), attack.rate().trials(), 100 * attack.rate().rate(), 100 * attack.rate().low(),
                        100 * attack.rate().high()), best));
            }
        }
        rows.removeIf(row -> row.cells().isEmpty());
        return rows;
    }

    private static List<ImageTask> neighbours(AttackContext context, EvaluationReport report, RetentionMeasurement retention) {
        List<List<ImageTask>> byClass = report.retention().neighbours().stream().map(n -> retention.tasks(context.request().kind(), n)).toList();
        List<ImageTask> tasks = new ArrayList<>();
        for (int i = 0; i < COLUMNS; i++) {
            List<ImageTask> tasksOfClass = byClass.get(i % byClass.size());
            if (i / byClass.size() < tasksOfClass.size()) {
                tasks.add(tasksOfClass.get(i / byClass.size()));
            }
        }
        return tasks;
    }

    /** The log that holds an attack's images. */
    static String imageLogOf(String attack) {
        return attack.equals("unlearn-diff") ? "unlearn-diff-images" : attack;
    }

    /** Successes first, then those that convinced one judge; one image a prompt. */
    private static List<JudgedImage> best(AttackContext context, String attack) {
        Map<String, JudgedImage> byPrompt = new LinkedHashMap<>();
        context.imageLog(imageLogOf(attack)).all().stream()
                .sorted(Comparator.comparing((JudgedImage i) -> !context.shown(i)).thenComparing(i -> !context.anyShown(i)))
                .forEach(image -> byPrompt.putIfAbsent(image.task().prompt() + "|" + image.task().negativePrompt(), image));
        return byPrompt.values().stream().limit(COLUMNS).toList();
    }

    private static Row pictures(AttackContext context, String title, List<ImageTask> tasks, Mark mark) {
        List<RgbImage> images = context.sampler().images(tasks);
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            cells.add(new Cell(images.get(i), caption(tasks.get(i)), mark));
        }
        return new Row(title, cells);
    }

    private static Row judged(AttackContext context, String title, List<JudgedImage> judged) {
        List<RgbImage> images = context.sampler().images(judged.stream().map(JudgedImage::task).toList());
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < judged.size(); i++) {
            cells.add(new Cell(images.get(i), caption(judged.get(i).task()), context.shown(judged.get(i)) ? Mark.BAD : Mark.GOOD));
        }
        return new Row(title, cells);
    }

    private static String caption(ImageTask task) {
        String prompt = task.prompt().isEmpty() ? "(empty)" : task.prompt();
        return task.negativePrompt().isEmpty() ? prompt : prompt + " / not: " + task.negativePrompt() + " / scale " + task.guidanceScale();
    }
}
