package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.PairedOutcomes;
import io.advunlearn.evaluation.RateDifference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the adversarial training adds: the attack rate of a profile minus that of {@code esd}, in points with 95 % intervals. The trials
 * of most attacks are the same for both encoders and are paired; sweep, encoder-match and gcg find other texts for each encoder.
 */
final class DifferenceTable {

    private DifferenceTable() {
    }

    static String markdown(List<RobustnessTable.Row> rows) {
        StringBuilder table = new StringBuilder("| concept | difference to esd | ");
        List<String> attacks = RobustnessTable.attacks(rows);
        attacks.forEach(attack -> table.append(attack).append(" | "));
        table.append("\n|---|---|").append("---:|".repeat(attacks.size())).append('\n');
        Map<String, Map<String, PairedOutcomes>> pooled = new LinkedHashMap<>();
        for (RobustnessTable.Row row : rows) {
            Optional<RobustnessTable.Row> esd = rows.stream().filter(r -> r.concept().equals(row.concept()) && "esd".equals(r.method())).findFirst();
            if (esd.isPresent() && row.outcome() != null && row != esd.get()) {
                Map<String, PairedOutcomes> all = pooled.computeIfAbsent(row.method(), m -> new LinkedHashMap<>());
                table.append(start(row.concept(), row.method()));
                attacks.forEach(attack -> table.append(cell(row, esd.get(), attack, all)).append(" | "));
                table.append('\n');
            }
        }
        pooled.forEach((method, pairs) -> {
            table.append(start("all", method));
            attacks.forEach(attack -> table.append(pairs.containsKey(attack) ? text(pairs.get(attack)) : "-").append(" | "));
            table.append('\n');
        });
        return table.toString();
    }

    private static String start(String concept, String method) {
        return "| " + concept + " | " + method + " | ";
    }

    private static String cell(RobustnessTable.Row row, RobustnessTable.Row esd, String attack, Map<String, PairedOutcomes> pooled) {
        if (RobustnessTable.attack(row, attack).isEmpty() || RobustnessTable.attack(esd, attack).isEmpty()) {
            return "-";
        }
        PairedOutcomes pairs = PairedOutcomes.read(row.evaluation(), esd.evaluation(), attack);
        if (pairs.isEmpty()) {
            return text(RateDifference.unpaired(RobustnessTable.attack(row, attack).get().rate(), RobustnessTable.attack(esd, attack).get().rate()));
        }
        pooled.merge(attack, pairs, PairedOutcomes::plus);
        return text(pairs);
    }

    private static String text(PairedOutcomes pairs) {
        return text(pairs.difference()) + " of " + pairs.first().size();
    }

    private static String text(RateDifference difference) {
        return RobustnessTable.points(difference.difference()) + " [" + RobustnessTable.points(difference.low()) + ", "
                + RobustnessTable.points(difference.high()) + "]";
    }
}
