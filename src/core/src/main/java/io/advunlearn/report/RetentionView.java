package io.advunlearn.report;

import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import io.advunlearn.evaluation.RateDifference;
import io.advunlearn.evaluation.RetainedLoss;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** What became of everything else. */
record RetentionView(String sentence, List<Group> groups, List<Json.Pair> figures) {

    private static final Set<String> KNOWN = Set.of("objects", "styles", "neighbours", "others", "meanLoss", "worstClass", "worstLoss");

    record Group(String caption, List<Row> rows) {
    }

    record Row(String name, String note, String before, String after, String loss) {
    }

    /** @param retention may be {@code null}, and so is then the view */
    static RetentionView of(Retention retention) {
        if (retention == null) {
            return null;
        }
        List<Group> groups = new ArrayList<>();
        add(groups, "Retained objects, most lost first: accuracy with the same prompts and seeds", rows(retention.objects(), retention));
        add(groups, "Retained styles, most lost first", rows(retention.styles(), retention));
        add(groups, "In images of the erased concept: is the rest of the prompt still obeyed?", retention.others().entrySet().stream()
                .filter(other -> other.getValue().before().trials() > 0)
                .map(other -> row(new ClassAccuracy(other.getKey(), other.getValue().before(), other.getValue().after()), "")).toList());
        return new RetentionView(sentence(retention), groups, Json.pairs(Json.MAPPER.valueToTree(retention), KNOWN));
    }

    private static String sentence(Retention retention) {
        String mean = RetainedLoss.mean(retention).map(loss -> "Retained classes lose " + Figures.points(loss) + " points of accuracy on average")
                .orElse("No retained class was measured");
        return mean + (retention.worstClass() == null ? "." : "; most " + retention.worstClass() + " with " + Figures.number(100 * retention.worstLoss()) + ".");
    }

    private static void add(List<Group> groups, String caption, List<Row> rows) {
        if (!rows.isEmpty()) {
            groups.add(new Group(caption, rows));
        }
    }

    private static List<Row> rows(List<ClassAccuracy> classes, Retention retention) {
        return classes.stream().sorted(Comparator.comparingDouble((ClassAccuracy c) -> c.after().rate() - c.before().rate()))
                .map(c -> row(c, retention.neighbours().contains(c.name()) ? "near neighbour" : "")).toList();
    }

    private static Row row(ClassAccuracy accuracy, String note) {
        RateDifference loss = RetainedLoss.of(accuracy);
        return new Row(accuracy.name(), note, Figures.rate(accuracy.before()), Figures.rate(accuracy.after()), Figures.points(loss));
    }
}
