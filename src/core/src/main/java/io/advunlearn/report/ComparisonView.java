package io.advunlearn.report;

import io.advunlearn.report.Comparison.Difference;
import io.advunlearn.report.Comparison.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** A comparison as tables: the first column names what a row measures, the others are the encoders. */
record ComparisonView(String policy, String title, List<String> names, List<Row> rows, List<String> others, List<Row> differences) {

    private static final int LABEL = 24;
    private static final int COLUMN = 28;

    record Row(String label, List<String> cells) {
    }

    static String html(Comparison comparison) {
        return Template.renderComparison(of(comparison));
    }

    static ComparisonView of(Comparison comparison) {
        List<Row> rows = new ArrayList<>();
        rows.add(row("gates", comparison, entry -> entry.passed() == null ? "–" : entry.passed() ? "all hold" : "not all hold"));
        comparison.attacks().forEach(attack -> rows.add(row(attack, comparison, entry -> Figures.rate(entry.attacks().get(attack)))));
        rows.add(row("retained, mean loss", comparison, entry -> entry.retainedMeanLoss() == null ? "–" : Figures.points(entry.retainedMeanLoss())));
        rows.add(row("retained, worst", comparison, entry -> entry.worstClass() == null ? "–" : entry.worstClass() + " " + Figures.number(100 * entry.worstLoss())));
        rows.add(row("evaluation", comparison, entry -> Figures.duration(entry.seconds())));
        List<String> names = comparison.encoders().stream().map(Entry::name).toList();
        List<String> others = names.subList(1, names.size());
        List<Row> differences = comparison.attacks().stream().map(attack -> new Row(attack, others.stream().map(name -> difference(comparison, name, attack)).toList())).toList();
        return new ComparisonView(Template.CONTENT_SECURITY_POLICY, "Encoders compared: \"" + comparison.concept() + "\"", names, rows, others, differences);
    }

    private static Row row(String label, Comparison comparison, Function<Entry, String> cell) {
        return new Row(label, comparison.encoders().stream().map(cell).toList());
    }

    private static String difference(Comparison comparison, String name, String attack) {
        return comparison.differences().stream().filter(d -> d.name().equals(name) && d.attack().equals(attack)).findFirst().map(ComparisonView::cell).orElse("–");
    }

    private static String cell(Difference difference) {
        return Figures.points(difference.difference()) + (difference.paired() ? " of " + difference.difference().trials() + " pairs" : " unpaired");
    }

    static String text(Comparison comparison) {
        ComparisonView view = of(comparison);
        StringBuilder text = new StringBuilder();
        line(text, "", view.names());
        view.rows().forEach(row -> line(text, row.label(), row.cells()));
        text.append("\nDifference to ").append(view.names().get(0)).append(" in points\n");
        line(text, "", view.others());
        view.differences().forEach(row -> line(text, row.label(), row.cells()));
        return text.toString();
    }

    private static void line(StringBuilder text, String label, List<String> cells) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-" + LABEL + "s", label));
        cells.forEach(cell -> line.append(String.format(Locale.ROOT, "%-" + COLUMN + "s ", Figures.visible(cell))));
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
