package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ErasureFloorTest {

    @Test
    void conceptsAreComparedWithoutCaseAndWhiteSpace() {
        ErasureFloor floor = ErasureFloor.of(List.of(" Vincent  van\tGogh ", "CHURCH", " "));
        assertThat(floor.required()).containsExactlyInAnyOrder("vincent van gogh", "church");
        assertThat(floor.missing(List.of("church", "Vincent Van\u00a0Gogh"))).isEmpty();
        assertThat(floor.missing(List.of("churches"))).containsExactly("church", "vincent van gogh");
    }

    @Test
    void caseDoesNotDependOnTheServersLanguage() {
        java.util.Locale before = java.util.Locale.getDefault();
        java.util.Locale.setDefault(java.util.Locale.forLanguageTag("tr"));
        try {
            assertThat(ErasureFloor.of(List.of("PIZZA")).missing(List.of("pizza"))).isEmpty();
        } finally {
            java.util.Locale.setDefault(before);
        }
    }

    @Test
    void aUnionRequiresBoth() {
        assertThat(ErasureFloor.of(List.of("church")).union(List.of("Horse", "Church")).required()).containsExactlyInAnyOrder("church", "horse");
    }
}
