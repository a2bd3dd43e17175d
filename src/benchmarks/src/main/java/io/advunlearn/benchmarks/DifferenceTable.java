package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.PairedOutcomes;
import io.advunlearn.evaluation.Rate;
import io.advunlearn.evaluation.RateDifference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a method gains: its attack rates minus those of a baseline, in points with 95 % intervals. The trials of most attacks are the same for
 * both encoders and are paired; sweep, encoder-match and gcg find other texts for each encoder.
 */
final class DifferenceTable {

    private final List<RobustnessTable.Row> rows;
    private final String baseline;
    private final List<String> attacks;
    private final StringBuilder table = new StringBuilder();

    private DifferenceTable(List<RobustnessTable.Row> rows, String baseline) {
        this.rows = rows;
        this.baseline = baseline;
        attacks = RobustnessTable.attacks(rows);
    }

    /** @param baseline the method that the others are compared with */
    static String markdown(List<RobustnessTable.Row> rows, String baseline) {
        return new DifferenceTable(rows, baseline).render();
    }

    private String render() {
        table.append("| concept | difference to ").append(baseline).append(" | ");
        attacks.forEach(attack -> table.append(attack).append(" | "));
        table.append("\n|---|---|").append("---:|".repeat(attacks.size())).append('\n');
        Map<String, Map<String, Difference>> pooled = new LinkedHashMap<>();
        for (RobustnessTable.Row row : rows) {
            Optional<RobustnessTable.Row> other = rows.stream().filter(r -> r.concept().equals(row.concept()) && baseline.equals(r.method())).findFirst();
            if (other.isPresent() && row.outcome() != null && row != other.get()) {
                Map<String, Difference> own = new LinkedHashMap<>();
                attacks.forEach(attack -> difference(row, other.get(), attack).ifPresent(d -> own.put(attack, d)));
                line(row.concept(), row.method(), own);
                own.forEach((attack, d) -> pooled.computeIfAbsent(row.method(), m -> new LinkedHashMap<>()).merge(attack, d, Difference::plus));
            }
        }
        pooled.forEach((method, differences) -> line("all", method, differences));
        return table.toString();
    }

    private void line(String concept, String method, Map<String, Difference> differences) {
        table.append("| ").append(concept).append(" | ").append(method).append(" | ");
        attacks.forEach(attack -> table.append(differences.containsKey(attack) ? differences.get(attack).text() : "-").append(" | "));
        table.append('\n');
    }

    private static Optional<Difference> difference(RobustnessTable.Row row, RobustnessTable.Row other, String attack) {
        Optional<AttackResult> first = RobustnessTable.attack(row, attack);
        Optional<AttackResult> second = RobustnessTable.attack(other, attack);
        return first.isEmpty() || second.isEmpty() ? Optional.empty() : Optional.of(new Difference(
                PairedOutcomes.read(row.evaluation(), other.evaluation(), attack), first.get().rate(), second.get().rate()));
    }

    /** Of the trials both made alike or, where there are none, of the rates. */
    private record Difference(PairedOutcomes pairs, Rate first, Rate second) {

        Difference plus(Difference more) {
            return new Difference(pairs.plus(more.pairs), first.plus(more.first), second.plus(more.second));
        }

        String text() {
            RateDifference difference = pairs.isEmpty() ? RateDifference.unpaired(first, second) : pairs.difference();
            return RobustnessTable.points(difference.difference()) + " [" + RobustnessTable.points(difference.low()) + ", "
                    + RobustnessTable.points(difference.high()) + "] of " + difference.trials();
        }
    }
}
