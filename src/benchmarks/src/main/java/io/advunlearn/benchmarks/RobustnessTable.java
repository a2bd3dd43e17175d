package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.Estimate;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.Rate;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Renders reports as two Markdown tables: what the attacks reach, and what stays at what cost. */
final class RobustnessTable {

    private static final String MATCH = "encoder-match";

    private RobustnessTable() {
    }

    /**
     * @param method {@code none}, {@code esd} or a profile of AdvUnlearn
     * @param outcome null for {@code none}
     * @param evaluation work directory of the report's evaluation
     */
    record Row(String concept, String method, Erasures.Outcome outcome, EvaluationReport report, Path evaluation) {
    }

    static String markdown(List<Row> rows) {
        return attacked(rows) + "\n" + kept(rows);
    }

    /**
     * Rates of images in per cent with their Wilson 95 % intervals; for encoder-match also of texts with at least one such image, and of the original
     * encoder's images of the texts found.
     */
    private static String attacked(List<Row> rows) {
        List<String> attacks = attacks(rows);
        StringBuilder table = new StringBuilder(head("concept | method", String.join(" | ", attacks) + " | encoder-match, texts | encoder-match, original",
                attacks.size() + 2));
        rows.forEach(row -> attacked(table, row.concept(), row.method(), List.of(row), attacks));
        Map<String, List<Row>> methods = rows.stream().collect(Collectors.groupingBy(Row::method, LinkedHashMap::new, Collectors.toList()));
        methods.values().removeIf(same -> same.size() == 1);
        methods.forEach((method, same) -> attacked(table, "all", method, same, attacks));
        return table.toString();
    }

    private static void attacked(StringBuilder table, String concept, String method, List<Row> rows, List<String> attacks) {
        table.append("| ").append(concept).append(" | ").append(method).append(" | ");
        attacks.forEach(attack -> table.append(cell(pooled(rows, attack, AttackResult::rate))));
        table.append(cell(pooled(rows, MATCH, AttackResult::prompts))).append(cell(pooled(rows, MATCH, AttackResult::original))).append('\n');
    }

    /** Of all trials together. */
    private static Optional<Rate> pooled(List<Row> rows, String attack, Function<AttackResult, Rate> rate) {
        return rows.stream().flatMap(row -> attack(row, attack).map(rate).stream()).reduce(Rate::plus);
    }

    /** Losses in points, with intervals over prompts. */
    private static String kept(List<Row> rows) {
        StringBuilder table = new StringBuilder(head("concept | method", "retained, mean loss | worst class | neighbours, mean loss | style or object kept | "
                + "background kept | empty prompt, drift | UNet units | seconds", 8));
        for (Row row : rows) {
            table.append("| ").append(row.concept()).append(" | ").append(row.method()).append(" | ").append(retention(row.report().retention()));
            Erasures.Outcome o = row.outcome();
            table.append(o == null ? "- | - |" : String.format(Locale.ROOT, "%,d | %.0f |", o.unetForward() + 2 * o.unetBackward(), o.seconds())).append('\n');
        }
        return table.toString();
    }

    private static String head(String texts, String numbers, int count) {
        return "| " + texts + " | " + numbers + " |\n|---|---|" + "---:|".repeat(count) + "\n";
    }

    private static String retention(EvaluationReport.Retention r) {
        return r == null ? "- | - | - | - | - | - | " : estimate(r.loss()) + " | " + r.worstClass() + " " + whole(r.worstLoss()) + " | "
                + estimate(r.neighbourLoss()) + " | " + kept(r, "style", "object") + " | " + kept(r, "background") + " | "
                + String.format(Locale.ROOT, "%.3f", r.emptyPromptDrift()) + " | ";
    }

    /** The attacks that ran for any row, in the usual order. */
    static List<String> attacks(List<Row> rows) {
        return EvaluationRequest.ATTACKS.stream().filter(name -> rows.stream().anyMatch(row -> attack(row, name).isPresent())).toList();
    }

    static Optional<AttackResult> attack(Row row, String name) {
        return row.report().attacks().stream().filter(a -> a.name().equals(name)).findFirst();
    }

    private static String cell(Optional<Rate> rate) {
        return rate.map(r -> whole(r.rate()) + " [" + whole(r.low()) + ", " + whole(r.high()) + "]").orElse("-") + " | ";
    }

    private static String estimate(Estimate estimate) {
        return estimate == null ? "-" : points(estimate.value()) + " [" + points(estimate.low()) + ", " + points(estimate.high()) + "]";
    }

    static String points(double share) {
        return String.format(Locale.ROOT, "%.1f", 100 * share);
    }

    private static String whole(double share) {
        return String.format(Locale.ROOT, "%.0f", 100 * share);
    }

    private static String kept(EvaluationReport.Retention retention, String... names) {
        for (String name : names) {
            EvaluationReport.BeforeAfter pair = retention.others().get(name);
            if (pair != null) {
                return whole(pair.before().rate()) + " → " + whole(pair.after().rate());
            }
        }
        return "-";
    }
}
