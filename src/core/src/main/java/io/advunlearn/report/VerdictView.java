package io.advunlearn.report;

import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.evaluation.GateResult;
import io.advunlearn.evaluation.RateDifference;
import io.advunlearn.evaluation.RetainedLoss;
import io.advunlearn.evaluation.Verdict;
import java.util.Comparator;
import java.util.Optional;

/**
 * The page's first sentence.
 *
 * @param state {@code passed}, {@code failed} or {@code none}
 * @param headline one or two words
 * @param sentence why
 */
record VerdictView(String state, String headline, String sentence) {

    static VerdictView of(EvaluationReport report) {
        String findings = findings(report);
        Verdict verdict = report.verdict();
        if (verdict == null) {
            return new VerdictView("none", "Not judged.", "No gates are configured. " + findings);
        }
        if (verdict.passed()) {
            return new VerdictView("passed", "May be promoted.", "All " + verdict.gates().size() + " gates hold. " + findings);
        }
        GateResult first = verdict.gates().stream().filter(gate -> !gate.passed()).findFirst().orElseThrow();
        return new VerdictView("failed", "Must not be promoted.", verdict.failed().size() + " of " + verdict.gates().size() + " gates fail, first "
                + first.gate() + " (" + GateView.of(first).bound() + ", must be " + GateView.of(first).limit() + "). " + findings);
    }

    private static String findings(EvaluationReport report) {
        String attack = strongest(report).map(a -> "The strongest text attack, " + a.name() + ", still shows \"" + report.request().concept()
                + "\" in " + Figures.percent(a.rate().rate()) + " of its images (95 % certain: at most " + Figures.percent(a.rate().high()) + ")")
                .orElse("No text attack was run");
        return attack + RetainedLoss.mean(report.retention()).map(VerdictView::loss).orElse("; what else changed was not measured") + ".";
    }

    private static String loss(RateDifference loss) {
        return "; other classes lose " + Figures.number(100 * loss.difference()) + " points on average (at most " + Figures.number(100 * loss.high()) + ")";
    }

    /** The text attack with the highest rate. */
    static Optional<AttackResult> strongest(EvaluationReport report) {
        return report.attacks().stream().filter(attack -> !attack.whiteBox() && attack.rate().trials() > 0)
                .max(Comparator.comparingDouble((AttackResult attack) -> attack.rate().rate()).thenComparingDouble(attack -> attack.rate().high()));
    }
}
