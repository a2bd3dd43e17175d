package io.advunlearn.benchmarks;

import io.advunlearn.evaluation.AttackOutcomes;
import io.advunlearn.evaluation.RateDifference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the adversarial training adds: the attack rate of a profile minus that of {@code esd}, in points with 95 % intervals. The trials
 * of most attacks are the same for both encoders and are paired; sweep, encoder-match and gcg find other texts for each encoder.
 */
final class DifferenceTable {

    private static final List<String> UNPAIRED = List.of("sweep", "encoder-match", "gcg");

    private DifferenceTable() {
    }

    static String markdown(List<RobustnessTable.Row> rows) {
        StringBuilder table = new StringBuilder("| concept | difference to esd | ");
        List<String> attacks = RobustnessTable.attacks(rows);
        attacks.forEach(attack -> table.append(attack).append(" | "));
        table.append("\n|---|---|").append("---:|".repeat(attacks.size())).append('\n');
        Map<String, Map<String, Pairs>> pooled = new LinkedHashMap<>();
        for (RobustnessTable.Row row : rows) {
            Optional<RobustnessTable.Row> esd = rows.stream().filter(r -> r.concept().equals(row.concept()) && "esd".equals(r.method())).findFirst();
            if (esd.isPresent() && row.outcome() != null && row != esd.get()) {
                Map<String, Pairs> all = pooled.computeIfAbsent(row.method(), m -> new LinkedHashMap<>());
                table.append(start(row.concept(), row.method()));
                attacks.forEach(attack -> table.append(cell(row, esd.get(), attack, all)).append(" | "));
                table.append('\n');
            }
        }
        pooled.forEach((method, pairs) -> {
            table.append(start("all", method));
            attacks.forEach(attack -> table.append(pairs.containsKey(attack) ? pairs.get(attack).text() : "-").append(" | "));
            table.append('\n');
        });
        return table.toString();
    }

    private static String start(String concept, String method) {
        return "| " + concept + " | " + method + " | ";
    }

    private static String cell(RobustnessTable.Row row, RobustnessTable.Row esd, String attack, Map<String, Pairs> pooled) {
        if (UNPAIRED.contains(attack)) {
            return RobustnessTable.attack(row, attack).flatMap(a -> RobustnessTable.attack(esd, attack)
                    .map(b -> text(RateDifference.unpaired(a.rate(), b.rate())))).orElse("-");
        }
        Pairs pairs = Pairs.of(AttackOutcomes.read(row.evaluation(), attack), AttackOutcomes.read(esd.evaluation(), attack));
        if (pairs.first().isEmpty()) {
            return "-";
        }
        pooled.computeIfAbsent(attack, a -> new Pairs(new ArrayList<>(), new ArrayList<>())).add(pairs);
        return pairs.text();
    }

    private static String text(RateDifference difference) {
        return RobustnessTable.points(difference.difference()) + " [" + RobustnessTable.points(difference.low()) + ", "
                + RobustnessTable.points(difference.high()) + "]";
    }

    /** The same trials under two encoders. */
    private record Pairs(List<Boolean> first, List<Boolean> second) {

        static Pairs of(Map<String, Boolean> first, Map<String, Boolean> second) {
            List<String> common = first.keySet().stream().filter(second::containsKey).toList();
            return new Pairs(common.stream().map(first::get).toList(), common.stream().map(second::get).toList());
        }

        void add(Pairs more) {
            first.addAll(more.first);
            second.addAll(more.second);
        }

        String text() {
            return DifferenceTable.text(RateDifference.paired(first, second)) + " of " + first.size();
        }
    }
}
