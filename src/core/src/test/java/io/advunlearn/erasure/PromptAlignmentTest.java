package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptAlignmentTest {

    private static final int WINDOW = 10;

    private static int[] ids(int... ids) {
        return ids;
    }

    @Test
    void equalLengthsStayInPlace() {
        assertThat(PromptAlignment.positions(ids(5, 6, 7), ids(5, 9, 7), WINDOW)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void longerConceptRepeatsTheAnchorsLastTokenAndPaddingFollows() {
        // BOS 5 [6 6] 7 EOS ... against BOS 5 [9] 7 EOS ...
        assertThat(PromptAlignment.positions(ids(5, 6, 6, 7), ids(5, 9, 7), WINDOW)).containsExactly(0, 1, 2, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void shorterConceptTakesTheAnchorsFirstTokensAndTheLastPaddingRepeats() {
        // BOS [6] 7 EOS ... against BOS [8 9] 7 EOS ...
        assertThat(PromptAlignment.positions(ids(6, 7), ids(8, 9, 7), WINDOW)).containsExactly(0, 1, 3, 4, 5, 6, 7, 8, 9, 9);
    }

    @Test
    void conceptThatIsLeftOutSpeaksAsTheTokenBefore() {
        // BOS 5 [6] 7 EOS ... against BOS 5 7 EOS ...
        assertThat(PromptAlignment.positions(ids(5, 6, 7), ids(5, 7), WINDOW)).containsExactly(0, 1, 1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void cutPromptsAlignWithinTheWindow() {
        int[] text = ids(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        assertThat(PromptAlignment.positions(text, ids(1, 2, 3), WINDOW)).containsExactly(0, 1, 2, 3, 3, 3, 3, 3, 3, 4);
        assertThat(PromptAlignment.positions(text, text, WINDOW)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }
}
