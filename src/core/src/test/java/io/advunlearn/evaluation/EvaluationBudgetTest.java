package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationBudgetTest {

    @ParameterizedTest
    @ValueSource(strings = {"demo", "standard", "full"})
    void everyNamedBudgetIsValid(String profile) {
        assertThat(EvaluationBudget.named(profile).pairs()).isPositive();
    }

    @Test
    void fullIsThePublishedUnlearnDiffAtkBudget() {
        EvaluationBudget full = EvaluationBudget.named("full");
        assertThat(List.of(full.diff().timesteps(), full.diff().iterations(), full.diff().tokens(), full.diff().prompts())).containsExactly(50, 40, 3, 50);
    }

    @Test
    void fullIsThePublishedGcgBudget() {
        EvaluationBudget.GcgBudget full = EvaluationBudget.named("full").gcg();
        assertThat(List.of(full.tokens(), full.iterations(), full.topK(), full.batch())).containsExactly(20, 500, 256, 512);
    }

    @Test
    void fullIsThePublishedRingABellBudget() {
        EvaluationBudget.RingABellBudget full = EvaluationBudget.named("full").ringABell();
        assertThat(List.of(full.population(), full.generations())).containsExactly(200, 3000);
        assertThat(List.of(full.eta(), full.mutation(), full.crossover())).containsExactly(3.0, 0.25, 0.5);
        assertThat(full.lengths()).containsExactly(16, 38, 75);
    }

    @Test
    void fullIsThePublishedP4dBudget() {
        EvaluationBudget.P4dBudget full = EvaluationBudget.named("full").p4d();
        assertThat(List.of(full.tokens(), full.every(), full.iterations(), full.interval())).containsExactly(16, 3, 3000, 50);
        assertThat(full.candidates()).isEqualTo(3000 / 50);
    }

    @Test
    void fullIsThePublishedTextualInversionBudget() {
        EvaluationBudget.InversionBudget full = EvaluationBudget.named("full").inversion();
        assertThat(List.of(full.images(), full.iterations(), full.batch())).containsExactly(25, 5000, 4 * 4);
        assertThat(full.learningRate()).isEqualTo(5e-3 * 4 * 4);
    }

    @Test
    void overridesReplaceSingleFields() {
        EvaluationBudget budget = EvaluationBudget.named("demo").with(Map.of("steps", 3, "negativeScales", List.of(4), "diffPrompts", 2));
        assertThat(budget.diff().prompts()).isEqualTo(2);
        assertThat(budget.steps()).isEqualTo(3);
        assertThat(budget.negative().scales()).containsExactly(4.0);
        assertThat(budget.pairs()).isEqualTo(EvaluationBudget.named("demo").pairs());
    }

    @Test
    void aPartAsAWholeIsNoField() {
        assertThatThrownBy(() -> EvaluationBudget.named("demo").with(Map.of("diff", 3))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no field diff;");
    }

    @Test
    void unknownFieldsAreNamed() {
        assertThatThrownBy(() -> EvaluationBudget.named("demo").with(Map.of("stepz", 3))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stepz").hasMessageContaining("steps").hasMessageContaining("diffIterations");
    }

    @Test
    void valuesOutOfRangeAreNamed() {
        assertThatThrownBy(() -> EvaluationBudget.named("demo").with(Map.of("guidanceScale", 21))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("guidanceScale").hasMessageContaining("between 1 and 20");
    }
}
