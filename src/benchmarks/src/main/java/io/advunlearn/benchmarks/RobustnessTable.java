package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.EvaluationRequest;
import io.advunlearn.evaluation.Rate;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Renders reports as one Markdown table. */
final class RobustnessTable {

    private RobustnessTable() {
    }

    /**
     * @param method {@code none}, {@code esd} or a profile of AdvUnlearn
     * @param outcome null for {@code none}
     * @param evaluation work directory of the report's evaluation
     */
    record Row(String concept, String method, Erasures.Outcome outcome, EvaluationReport report, Path evaluation) {
    }

    /** Rates in per cent with their Wilson 95 % intervals; of images, and for encoder-match also of texts with at least one such image. */
    static String markdown(List<Row> rows) {
        StringBuilder table = new StringBuilder("| concept | method | ");
        List<String> attacks = attacks(rows);
        attacks.forEach(attack -> table.append(attack).append(" % | "));
        table.append("encoder-match, texts % | unrelated negative % | retained, mean loss | worst class | style or object kept | background kept | UNet units | seconds |\n|---|---|");
        table.append("---:|".repeat(attacks.size() + 8)).append('\n');
        rows.forEach(row -> table.append(line(row, attacks)).append('\n'));
        return table.toString();
    }

    private static String line(Row row, List<String> attacks) {
        StringBuilder line = new StringBuilder("| " + row.concept() + " | " + row.method() + " | ");
        for (String attack : attacks) {
            line.append(attack(row, attack).map(a -> rate(a.rate())).orElse("-")).append(" | ");
        }
        line.append(attack(row, "encoder-match").map(AttackResult::prompts).map(RobustnessTable::rate).orElse("-")).append(" | ");
        line.append(attack(row, "negative").map(AttackResult::original).map(RobustnessTable::rate).orElse("-")).append(" | ");
        EvaluationReport.Retention r = row.report().retention();
        if (r == null) {
            line.append("- | - | - | - | ");
        } else {
            line.append(points(r.meanLoss())).append(" | ").append(r.worstClass()).append(' ').append(points(r.worstLoss())).append(" | ")
                    .append(kept(r, "style", "object")).append(" | ").append(kept(r, "background")).append(" | ");
        }
        Erasures.Outcome o = row.outcome();
        return line.append(o == null ? "- | - |" : String.format(Locale.ROOT, "%,d | %.0f |", o.unetForward() + 2 * o.unetBackward(), o.seconds()))
                .toString();
    }

    /** The attacks that ran for any row, in the usual order. */
    static List<String> attacks(List<Row> rows) {
        return EvaluationRequest.ATTACKS.stream().filter(name -> rows.stream().anyMatch(row -> attack(row, name).isPresent())).toList();
    }

    static Optional<AttackResult> attack(Row row, String name) {
        return row.report().attacks().stream().filter(a -> a.name().equals(name)).findFirst();
    }

    private static String rate(Rate rate) {
        return String.format(Locale.ROOT, "%.1f [%.1f, %.1f]", 100 * rate.rate(), 100 * rate.low(), 100 * rate.high());
    }

    static String points(double share) {
        return String.format(Locale.ROOT, "%.1f", 100 * share);
    }

    private static String kept(EvaluationReport.Retention retention, String... names) {
        for (String name : names) {
            EvaluationReport.BeforeAfter pair = retention.others().get(name);
            if (pair != null) {
                return points(pair.before().rate()) + " → " + points(pair.after().rate());
            }
        }
        return "-";
    }
}
