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
