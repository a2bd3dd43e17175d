package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class P4dLayoutTest {

    @Test
    void nHasFreeTokensAlone() {
        assertThat(P4dLayout.tokens(3, 75).fill(new int[] {7, 8, 9})).containsExactly(7, 8, 9);
    }

    @Test
    void kPutsATokenBeforeEveryThreeOfThePrompt() {
        P4dLayout layout = P4dLayout.inserted(new int[] {1, 2, 3, 4, 5}, 3, 75);
        assertThat(layout.fill(new int[] {70, 80})).containsExactly(70, 1, 2, 3, 80, 4, 5);
    }

    @Test
    void kEndsWithATokenIfThePromptDividesEvenly() {
        P4dLayout layout = P4dLayout.inserted(new int[] {1, 2, 3}, 3, 75);
        assertThat(layout.fill(new int[] {70, 80})).containsExactly(70, 1, 2, 3, 80);
    }

    @Test
    void aLongPromptLosesItsEndAndFillsTheRoom() {
        P4dLayout layout = P4dLayout.inserted(IntStream.range(0, 75).toArray(), 3, 75);
        assertThat(layout.ids()).hasSize(75);
        assertThat(layout.fill(new int[layout.free().length])).contains(55).doesNotContain(56);
    }
}
