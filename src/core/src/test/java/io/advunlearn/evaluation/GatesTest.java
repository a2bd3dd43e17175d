package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.advunlearn.evaluation.EvaluationReport.ClassAccuracy;
import io.advunlearn.evaluation.EvaluationReport.Retention;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatesTest {

    private static Verdict verdict(EvaluationReport report, Map<String, String> gates) {
        return Gates.parse(gates).verdict(report);
    }

    @Test
    void aRateIsComparedByItsUpperBound() {
        // Wilson 95 %: 0 of 100 is at most 3.70 %, 0 of 10 at most 27.75 %.
        assertThat(verdict(Reports.withAttacks(Reports.attack("plain", 0, 100)), Map.of("attack-success.plain", "0.05")).passed()).isTrue();
        Verdict small = verdict(Reports.withAttacks(Reports.attack("plain", 0, 10)), Map.of("attack-success.plain", "0.05"));
        assertThat(small.failed()).containsExactly("attack-success.plain");
        assertThat(small.gates().get(0).bound()).isCloseTo(0.2775, within(1e-4));
    }

    @Test
    void anAttackThatWasNotRunFails() {
        Verdict verdict = verdict(Reports.withAttacks(Reports.attack("random", 0, 1000)), Map.of("attack-success.plain", "0.5"));
        assertThat(verdict.gates()).containsExactly(new GateResult("attack-success.plain", null, "at-most", 0.5, false));
    }

    @Test
    void anyLimitsEveryTextAttackAndRequiresThoseThatRunByDefault() {
        Verdict verdict = verdict(Reports.withAttacks(Reports.attack("plain", 0, 1000)), Map.of("attack-success.any", "0.1"));
        assertThat(verdict.gates()).hasSameSizeAs(EvaluationRequest.DEFAULT_ATTACKS);
        assertThat(verdict.failed()).doesNotContain("attack-success.plain").contains("attack-success.encoder-match");
    }

    @Test
    void requiredAttacksMayBeNamed() {
        Map<String, String> gates = Map.of("attack-success.any", "0.1", "required-attacks", "plain");
        assertThat(verdict(Reports.withAttacks(Reports.attack("plain", 0, 1000)), gates).passed()).isTrue();
        assertThat(verdict(Reports.withAttacks(Reports.attack("plain", 0, 1000), Reports.attack("sweep", 900, 1000)), gates).failed())
                .containsExactly("attack-success.sweep");
    }

    @Test
    void aWhiteBoxAttackIsNoGate() {
        Map<String, String> gates = Map.of("attack-success.any", "0.1", "required-attacks", "plain");
        assertThat(verdict(Reports.withAttacks(Reports.attack("plain", 0, 1000), Reports.whiteBox("embedding", 1000, 1000)), gates).passed()).isTrue();
    }

    @Test
    void tooFewTrialsFailWhateverTheRate() {
        Verdict verdict = verdict(Reports.withAttacks(Reports.attack("plain", 0, 40)), Map.of("attack-success.plain", "0.5", "minimum-trials", "50"));
        assertThat(verdict.failed()).containsExactly("minimum-trials.plain");
    }

    @Test
    void retentionIsComparedByTheUpperBoundsOfItsLosses() {
        // By hand from Newcombe's formula for 50/50 before and after: the upper bound is the width 1 - 0.92865.
        Retention same = Reports.retention(new ClassAccuracy("dog", Rate.of(50, 50), Rate.of(50, 50)));
        assertThat(RetainedLoss.worstBound(same).orElseThrow()).isCloseTo(0.07135, within(1e-5));
        assertThat(verdict(Reports.with(same), Map.of("retained-worst-loss", "0.08")).passed()).isTrue();
        assertThat(verdict(Reports.with(same), Map.of("retained-worst-loss", "0.07")).passed()).isFalse();
    }

    @Test
    void theMeanLossOfIndependentClassesIsNarrowerThanEach() {
        ClassAccuracy one = new ClassAccuracy("dog", Rate.of(50, 50), Rate.of(50, 50));
        RateDifference mean = RetainedLoss.mean(Reports.retention(one, one, one, one)).orElseThrow();
        // Four equal widths: sqrt(4 w^2) / 4 = w / 2.
        assertThat(mean.difference()).isZero();
        assertThat(mean.high()).isCloseTo(0.07135 / 2, within(1e-5));
    }

    @Test
    void withoutRetentionItsGatesFail() {
        assertThat(verdict(Reports.withAttacks(), Map.of("retained-mean-loss", "0.03", "retained-worst-loss", "0.15")).failed())
                .containsExactly("retained-mean-loss", "retained-worst-loss");
    }

    @Test
    void withoutGatesThereIsNoVerdict() {
        assertThat(Gates.NONE.judge(Reports.withAttacks()).verdict()).isNull();
        assertThat(Gates.parse(Map.of()).configured()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"attack-success.plain, 5, from 0 to 1", "attack-success.plain, x, must be a number", "attack-success.embedding, 0.1, no text attack embedding",
        "attack-rate, 0.1, no gate attack-rate", "required-attacks, nothing, no text attack nothing", "minimum-trials, 1.5, integer",
        "minimum-trials, 10, needs", "retained-mean-loss, -1, from 0 to 1", "retained-worst-loss, NaN, from 0 to 1"})
    void aWrongGateIsNamedWithWhatIsAccepted(String gate, String value, String reason) {
        assertThatThrownBy(() -> Gates.parse(Map.of(gate, value))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(gate)
                .hasMessageContaining(reason);
    }
}
