package io.advunlearn.report;

import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.GateResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Attack success rates with their intervals, one row an attack, as coordinates of {@code rate-chart.html}. */
record RateChart(int width, int height, List<Tick> ticks, List<Row> rows, boolean limits) {

    private static final int WIDTH = 900;
    private static final int LEFT = 190;
    private static final int RIGHT = 30;
    private static final int TOP = 10;
    private static final int ROW = 30;
    private static final int TEXT_BASELINE = 5;
    private static final int TICKS = 5;

    record Tick(String x, int top, int bottom, int labelY, String label) {
    }

    /** @param original {@code null} if it was not measured @param limitX {@code null} without a gate */
    record Row(String label, int labelX, int textY, String kind, String low, String high, String rate, String y, String original, String limitX,
            int limitTop, int limitBottom) {
    }

    /** @return {@code null} without attacks */
    static RateChart of(EvaluationReport report) {
        List<AttackResult> attacks = report.attacks().stream().filter(attack -> attack.rate().trials() > 0).toList();
        if (attacks.isEmpty()) {
            return null;
        }
        int bottom = TOP + attacks.size() * ROW;
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i <= TICKS; i++) {
            double share = (double) i / TICKS;
            ticks.add(new Tick(x(share), TOP, bottom, bottom + 18, Math.round(100 * share) + " %"));
        }
        List<Row> rows = new ArrayList<>();
        for (AttackResult attack : attacks) {
            rows.add(row(report, attack, TOP + rows.size() * ROW + ROW / 2));
        }
        return new RateChart(WIDTH, bottom + 26, ticks, rows, rows.stream().anyMatch(row -> row.limitX() != null));
    }

    private static Row row(EvaluationReport report, AttackResult attack, int y) {
        String limit = report.verdict() == null ? null : report.verdict().gates().stream()
                .filter(gate -> gate.gate().equals("attack-success." + attack.name())).findFirst().map(GateResult::limit).map(RateChart::x).orElse(null);
        boolean compared = attack.original() != null && attack.original().trials() > 0;
        return new Row(attack.name(), LEFT - 12, y + TEXT_BASELINE, attack.whiteBox() ? "white-box" : "text", x(attack.rate().low()),
                x(attack.rate().high()), x(attack.rate().rate()), Integer.toString(y), compared ? x(attack.original().rate()) : null, limit,
                y - ROW / 2 + 4, y + ROW / 2 - 4);
    }

    private static String x(double share) {
        return String.format(Locale.ROOT, "%.1f", LEFT + share * (WIDTH - LEFT - RIGHT));
    }
}
